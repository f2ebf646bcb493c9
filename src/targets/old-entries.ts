// What a target that stays held before: which of its entries are to go, and the directory in it that keeps them.

import { closeSync, constants, fsyncSync } from 'node:fs'
import { StopError } from '../errors.ts'
import { mkdirAt, openDirNoFollow, rmdirAt } from '../runtime/posix/at.ts'
import { readLatin1Names, readNames } from '../runtime/posix/directory.ts'
import { statFd } from '../runtime/posix/stat.ts'
import { systemCodeOf } from '../runtime/posix/system-code.ts'
import { makePlain } from './staging-directory.ts'
import { isMarked, type MarkedDirectory, markDirectory, type StagingMark } from './staging-marker.ts'
import { oldNameOf } from './swap.ts'
import { statOrAbsent } from './target-state.ts'

/** What `oldNameOf` gives in a target. */
const KEPT_NAME = /^\.cairn-old-\d{8}T\d{6}Z(-[0-9a-f]{16})?$/

/** An open target that stays: a mount point, or any directory of which the contents are exchanged. */
export interface OpenTarget {
  /** Absolute, as it was asked for. */
  readonly path: string
  readonly fd: number
}

/**
 * The entries that have to go: all but the staging directory and what former exchanges keep. The new tree may hold a directory of such a
 * name, too, when it was captured there: then the present one goes as any other entry.
 */
export function oldEntries({ fd }: OpenTarget, stagingName: string, newFd: number): Buffer[] {
  const taken = new Set(readLatin1Names(newFd))
  return readNames(fd).filter((name) => {
    const text = name.toString('latin1')
    return text !== stagingName && (taken.has(text) || !isKept(fd, text))
  })
}

function isKept(targetFd: number, name: string): boolean {
  return KEPT_NAME.test(name) && ((statOrAbsent(targetFd, name)?.mode ?? 0) & constants.S_IFMT) === constants.S_IFDIR
}

/** The directory that keeps what was there. */
export interface OldDirectory {
  readonly name: string
  readonly fd: number
  readonly identity: MarkedDirectory
}

/**
 * Makes it, private and durable, under a name that neither the target nor the new tree has.
 * @throws {StopError} `target-tampered` when somebody puts another directory in its place at once
 */
export function makeOldDirectory(target: OpenTarget, newFd: number): OldDirectory {
  const isFree = (name: string): boolean => [target.fd, newFd].every((fd) => statOrAbsent(fd, name) === undefined)
  const name = oldNameOf('', isFree)
  mkdirAt(target.fd, name)
  const fd = openOld(target, name)
  const stat = statFd(fd)
  if (stat.uid !== process.geteuid!() || readNames(fd).length > 0) {
    closeSync(fd)
    throw tampered(target, name)
  }
  makePlain(fd)
  fsyncSync(target.fd)
  return { name, fd, identity: markDirectory(stat) }
}

/** The one that a marker names; undefined when it is not there any more. @throws {StopError} `target-tampered` */
export function findOldDirectory(target: OpenTarget, { oldName, old }: StagingMark): OldDirectory | undefined {
  if (oldName === undefined || old === undefined || !KEPT_NAME.test(oldName)) return undefined
  if (statOrAbsent(target.fd, oldName) === undefined) return undefined
  const fd = openOld(target, oldName)
  if (isMarked(statFd(fd), old)) return { name: oldName, fd, identity: old }
  closeSync(fd)
  throw tampered(target, oldName)
}

/** Removes it once it is empty again. */
export function removeOldDirectory({ fd }: OpenTarget, old: OldDirectory): void {
  rmdirAt(fd, old.name)
  fsyncSync(fd)
}

function openOld(target: OpenTarget, name: string): number {
  try {
    return openDirNoFollow(target.fd, name)
  } catch (error) {
    if (!['ENOTDIR', 'ELOOP', 'ENOENT'].includes(systemCodeOf(error) ?? '')) throw error
    throw tampered(target, name)
  }
}

export function tampered({ path }: OpenTarget, name: string): StopError {
  return new StopError('target-tampered', `Something put another entry in the place of ${path}/${name}.`, {
    hint: 'Nothing was put into place. Find the program that writes there, then restore again.',
  })
}
