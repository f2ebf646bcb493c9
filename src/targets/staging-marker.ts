import { closeSync, constants, fsyncSync, readSync, writeSync } from 'node:fs'
import { openAt, unlinkAt } from '../runtime/posix/at.ts'
import type { FileStat, Timespec } from '../runtime/posix/file-stat.ts'
import { tryLock } from '../runtime/posix/lock.ts'
import { statFd } from '../runtime/posix/stat.ts'
import { systemCodeOf } from '../runtime/posix/system-code.ts'
import { renameOver } from './rename-over.ts'

const STATES = ['writing', 'swapping', 'moving-out', 'moving-in'] as const

/** The target of a staging directory that lies in it: no name beside it can be this. */
export const TARGET_AROUND = '.'

export interface MarkedDirectory {
  /** That of the staging directory, whatever a record says: numbers of devices may change with every boot, or when a disk is mounted again. */
  readonly device: number
  readonly inode: string
  /** When it was made: no restore can give that to what it makes, so no snapshot brings a marker that fits what lies beside it. */
  readonly born?: string
}

/** What a staging directory says of itself. It is locked while its restore runs, and what a later one goes by when it was killed. */
export interface StagingMark {
  /** Name of the target beside it. */
  readonly target: string
  /** Identity of the directory that holds the new tree: any other directory found in its place is somebody's data. */
  readonly tree: MarkedDirectory
  /**
   * `writing`: the tree may be incomplete. `swapping`: it is complete and durable, and on its way into place. `moving-out`: so are the
   * old entries of a target that stays, to make room for it. `moving-in`: they are all away, and the new ones on their way.
   */
  readonly state: (typeof STATES)[number]
  /** Name that the old tree gets beside the target, or the directory of the old entries in it. */
  readonly oldName?: string
  /** Identity of the directory of the old entries. */
  readonly old?: MarkedDirectory
  /** What a target that stays is to get of the new root, which the moves change there. */
  readonly root?: { readonly mode: number; readonly mtime: Timespec }
  /** Whether the target is moved aside first because the file system cannot exchange. */
  readonly twoRenames?: boolean
}

const MARKER = 'marker'
const NEW_MARKER = 'marker.new'
const MAGIC = 'cairn-restore-staging-1'
const MOST_BYTES = 4096
/** What opening says where no marker of ours can be: absent, a symlink, a directory, a device without a driver. */
const NOT_OURS = new Set(['ENOENT', 'ELOOP', 'EISDIR', 'ENXIO', 'EACCES', 'EPERM'])

/**
 * Writes the marker, locked and durable, in one step; the handle keeps the lock and the caller closes it.
 * @throws {PosixError} or an error of node:fs when it cannot be written
 */
export function writeMarker(stagingFd: number, mark: StagingMark): number {
  removeIfPresent(stagingFd, NEW_MARKER)
  const fd = openAt(stagingFd, NEW_MARKER, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW, 0o600)
  try {
    // Locked before it has its name: nobody can find it unlocked while its restore lives.
    tryLock(fd, 'exclusive')
    writeSync(fd, JSON.stringify({ magic: MAGIC, ...mark }))
    fsyncSync(fd)
    renameOver(stagingFd, NEW_MARKER, stagingFd, MARKER)
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

export function markDirectory({ dev, ino, btime }: FileStat): MarkedDirectory {
  return { device: dev, inode: String(ino), born: `${btime.seconds}.${btime.nanoseconds}` }
}

/** Whether it is the directory that was marked. */
export function isMarked(found: FileStat, { device, inode, born }: MarkedDirectory): boolean {
  const present = markDirectory(found)
  return present.device === device && present.inode === inode && (born === undefined || present.born === born)
}

/** A marker that was found; whoever can lock `fd` knows that its restore has ended. The caller closes it. */
export interface FoundMarker {
  readonly fd: number
  readonly mark: StagingMark
}

/** The marker of a staging directory; undefined when it has none, or one that this program did not write. */
export function openMarker(stagingFd: number): FoundMarker | undefined {
  const fd = openIfPresent(stagingFd)
  if (fd === undefined) return undefined
  // Anybody may put a fifo or a device under this name beside us.
  const mark = (statFd(fd).mode & constants.S_IFMT) === constants.S_IFREG ? parseMark(fd, statFd(stagingFd).dev) : undefined
  if (mark === undefined) {
    closeSync(fd)
    return undefined
  }
  return { fd, mark }
}

export function removeMarker(stagingFd: number): void {
  removeIfPresent(stagingFd, NEW_MARKER)
  removeIfPresent(stagingFd, MARKER)
}

function parseMark(fd: number, device: number): StagingMark | undefined {
  const bytes = Buffer.alloc(MOST_BYTES)
  const text = bytes.toString('utf8', 0, readSync(fd, bytes, 0, MOST_BYTES, 0))
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined // not ours: it is left alone
  }
  if (!isMark(value)) return undefined
  const { tree, old } = value
  return { ...value, tree: { ...tree, device }, ...(old !== undefined && { old: { ...old, device } }) }
}

type AnyMark = Partial<StagingMark & { magic: string }>

function isMark(value: unknown): value is StagingMark {
  const mark = value as AnyMark | null
  return (
    mark?.magic === MAGIC &&
    typeof mark.target === 'string' &&
    typeof mark.tree?.inode === 'string' &&
    STATES.includes(mark.state as never) &&
    (mark.oldName === undefined || typeof mark.oldName === 'string') &&
    (!String(mark.state).startsWith('moving-') || isMoving(mark))
  )
}

function isMoving({ tree, old, root }: AnyMark): boolean {
  return (
    typeof tree?.born === 'string' &&
    (old === undefined || typeof old.born === 'string') &&
    [root?.mode, root?.mtime?.seconds, root?.mtime?.nanoseconds].every(Number.isSafeInteger)
  )
}

function openIfPresent(stagingFd: number): number | undefined {
  try {
    return openAt(stagingFd, MARKER, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (NOT_OURS.has(systemCodeOf(error) ?? '')) return undefined
    throw error
  }
}

function removeIfPresent(stagingFd: number, name: string): void {
  try {
    unlinkAt(stagingFd, name)
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error
  }
}
