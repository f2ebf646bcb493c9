// Puts a snapshot's metadata on what was just created: owner, then mode (a chown clears setuid), then xattrs and ACLs, then times.
// What the target or this user cannot hold becomes a problem of the entry, never silence. SPEC §9.5.8

import { fchmodSync, fchownSync, readFileSync } from 'node:fs'
import { ENTRY_SYMLINK, type Entry, type EntryXattr } from '../../format/tree.ts'
import type { Timespec } from '../runtime/posix/file-stat.ts'
import { fchmodAt, fchownAt, futimens, utimensAt } from '../runtime/posix/metadata.ts'
import { statAt, statFd } from '../runtime/posix/stat.ts'
import { systemCodeOf, systemMessageOf } from '../runtime/posix/system-code.ts'
import { writeXattr, writeXattrAt } from '../runtime/posix/xattr.ts'
import { type RestoreProblemKind } from './problem.ts'
import { isFarTime, isRoundedTime, isSameTime, timeText } from './times.ts'

const SPECIAL_BITS = 0o7000
const SETUID = 0o4000
const SETGID = 0o2000
const OWNER_WRITES = 0o200
/** What chown(2) takes for "leave as it is"; larger ids do not exist. */
const NO_CHANGE = 0xffff_ffff

/** Who restores: it decides what new files look like before anything is set. */
export interface Restorer {
  readonly uid: number
  readonly gid: number
  /** Permission bits that the kernel takes away from new files. */
  readonly umask: number
  /** Only root gives files away; others keep them, as they cannot do otherwise. */
  readonly mayChown: boolean
}

/** This process as a restorer. Read once: the kernel is not asked again for each file. */
export function currentRestorer(): Restorer {
  const uid = process.geteuid!()
  // process.umask() without an argument is deprecated, since it sets the mask for a moment in all threads.
  const umask = /^Umask:\s*([0-7]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]
  return { uid, gid: process.getegid!(), umask: Number.parseInt(umask ?? '777', 8), mayChown: uid === 0 }
}

/** Tells what went wrong with one part of an entry's metadata. */
export type MetadataProblem = (kind: RestoreProblemKind, message: string) => void

/** What to set on: an open file or directory, or a name that cannot be opened (symlink, fifo, socket, device). */
export type Subject = { readonly fd: number } | { readonly directoryFd: number; readonly name: Uint8Array }

export interface MetadataOptions {
  readonly restorer: Restorer
  /** Whether the target rounds times (`roundsTimes`): then each is read back after it was set. */
  readonly roundsTimes?: boolean
}

/** Sets metadata for one restorer, and counts what it could not give. Not shared between threads. */
export class MetadataSetter {
  readonly #restorer: Restorer
  readonly #roundsTimes: boolean
  /** Entries that keep the restorer's owner or group because only root can change them; reported as one problem at the end. */
  keptOwners = 0
  /** Entries whose time lost a fraction of a second or two; reported as one problem at the end, too. */
  roundedTimes = 0

  constructor({ restorer, roundsTimes = false }: MetadataOptions) {
    this.#restorer = restorer
    this.#roundsTimes = roundsTimes
  }

  /** The mode to create with, so that most files need no chmod: never more than the entry's own permissions. */
  createMode(entry: Entry): number {
    return entry.mode & 0o777
  }

  /** Sets everything; `createdMode` is what the entry was created with. Only an error that is none of the system's is thrown. */
  apply(subject: Subject, entry: Entry, createdMode: number, problem: MetadataProblem): void {
    const hasMode = entry.type !== ENTRY_SYMLINK
    const owner = this.#setOwner(subject, entry, problem)
    const mode = owner === 'kept' ? this.#permittedMode(entry, problem) : entry.mode
    if (hasMode) this.#setMode(subject, mode, owner === 'given', createdMode, problem)
    if (entry.xattrs !== undefined) this.#setXattrs(subject, entry.xattrs, hasMode ? mode : undefined, problem)
    attempt('times', problem, () => this.#setTime(subject, entry.mtime, problem))
  }

  /** What became of the owner: it was the restorer's own, was given away, or is the restorer's though it should not be. */
  #setOwner(subject: Subject, { uid, gid }: Entry, problem: MetadataProblem): 'own' | 'given' | 'kept' {
    if (uid === this.#restorer.uid && gid === this.#restorer.gid) return 'own'
    if (!this.#restorer.mayChown) {
      this.keptOwners++
      return 'kept'
    }
    if (uid >= NO_CHANGE || gid >= NO_CHANGE) {
      problem('ownership', `no file can belong to user ${uid} and group ${gid}`)
      return 'kept'
    }
    const given = attempt('ownership', problem, () => {
      if ('fd' in subject) fchownSync(subject.fd, uid, gid)
      else fchownAt(subject.directoryFd, subject.name, uid, gid)
    })
    return given ? 'given' : 'kept'
  }

  #setMode(subject: Subject, mode: number, chowned: boolean, createdMode: number, problem: MetadataProblem): void {
    const droppedByChown = chowned && (mode & SPECIAL_BITS) !== 0
    if (mode === (createdMode & ~this.#restorer.umask) && !droppedByChown) return
    attempt('mode', problem, () => chmod(subject, mode))
  }

  /** Without the owner that it was made for, a setuid file would lend its rights to somebody else. */
  #permittedMode(entry: Entry, problem: MetadataProblem): number {
    const lost = (entry.uid === this.#restorer.uid ? 0 : SETUID) | (entry.gid === this.#restorer.gid ? 0 : SETGID)
    if ((entry.mode & lost) === 0) return entry.mode
    problem('mode', 'setuid or setgid was left out, because its owner could not be kept')
    return entry.mode & ~lost
  }

  #setTime(subject: Subject, mtime: Timespec, problem: MetadataProblem): void {
    setTime(subject, mtime)
    if (!this.#roundsTimes && !isFarTime(mtime)) return
    const kept = timeOf(subject)
    if (isSameTime(kept, mtime)) return
    if (isRoundedTime(kept, mtime)) this.roundedTimes++
    else problem('times', `its time ${timeText(mtime)} became ${timeText(kept)}, which is what the target can hold`)
  }

  #setXattrs(subject: Subject, xattrs: readonly EntryXattr[], mode: number | undefined, problem: MetadataProblem): void {
    // An owner who is not root may set no attribute on a file that it cannot write.
    const locked = !this.#restorer.mayChown && mode !== undefined && (mode & OWNER_WRITES) === 0
    if (locked) attempt('mode', problem, () => chmod(subject, (mode & 0o777) | OWNER_WRITES))
    for (const { name, value } of xattrs) {
      if (!(value instanceof Uint8Array)) throw new Error('an xattr that is a stream must be read before it is set')
      attempt('xattr', problem, () => setXattr(subject, name, value))
    }
    if (locked) attempt('mode', problem, () => chmod(subject, mode))
  }
}

function chmod(subject: Subject, mode: number): void {
  if ('fd' in subject) fchmodSync(subject.fd, mode)
  else fchmodAt(subject.directoryFd, subject.name, mode)
}

function setTime(subject: Subject, mtime: Timespec): void {
  if ('fd' in subject) futimens(subject.fd, 'omit', mtime)
  else utimensAt(subject.directoryFd, subject.name, 'omit', mtime)
}

function timeOf(subject: Subject): Timespec {
  return ('fd' in subject ? statFd(subject.fd) : statAt(subject.directoryFd, subject.name)).mtime
}

function setXattr(subject: Subject, name: Uint8Array, value: Uint8Array): void {
  // A copy: the value may lie in memory that is shared between threads, which the binding does not take.
  const bytes = Buffer.from(value)
  if ('fd' in subject) writeXattr(subject.fd, name, bytes)
  else writeXattrAt(subject.directoryFd, subject.name, name, bytes)
}

function attempt(kind: RestoreProblemKind, problem: MetadataProblem, action: () => void): boolean {
  try {
    action()
    return true
  } catch (error) {
    // Not even "no space" ends the restore here: ext4 says so of an attribute that is too long for it.
    if (systemCodeOf(error) === undefined) throw error
    problem(kind, systemMessageOf(error))
    return false
  }
}
