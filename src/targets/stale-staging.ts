import { closeSync, constants } from 'node:fs'
import { StopError } from '../errors.ts'
import { openAt, rmdirAt } from '../runtime/posix/at.ts'
import { readNames } from '../runtime/posix/directory.ts'
import { tryLock } from '../runtime/posix/lock.ts'
import { renameNoReplace } from '../runtime/posix/rename.ts'
import { statFd } from '../runtime/posix/stat.ts'
import { systemCodeOf } from '../runtime/posix/system-code.ts'
import { whileMovableAt } from './movable.ts'
import { removeTree } from './remove-tree.ts'
import { renameOver } from './rename-over.ts'
import { type FoundMarker, isMarked, openMarker, removeMarker, type StagingMark } from './staging-marker.ts'
import { freeOldName, TREE_NAME } from './swap.ts'
import { statOrAbsent, type TargetPlace } from './target-state.ts'

export const STAGING_NAME = /^\.cairn-restore-[0-9a-f]{32}$/
const REMOVING_NAME = /^removing-\d+$/

/**
 * Clears away what killed restores into this target left, and brings a swap that was cut in two to its end: then the target is
 * the new tree. A directory counts as ours only by its whole name, its owner and its marker; all else is left alone.
 * @throws {StopError} `restore-in-progress` when a restore into the target still runs; `staging-unknown` when a staging directory holds a tree that it did not make
 */
export function recoverStagings(place: TargetPlace): void {
  for (const name of readNames(place.parentFd)) {
    const text = name.toString('latin1')
    if (STAGING_NAME.test(text)) recoverOne(place, text)
  }
}

/**
 * Removes the tree of a staging directory, if it is the one that the mark names.
 * @throws {StopError} `staging-unknown` when another tree lies there: it may be the only copy of the old one
 */
export function removeStagingContent(stagingFd: number, mark: StagingMark): void {
  if (holdsNewTree(stagingFd, mark) === false) throw unknownTree(mark)
  for (const name of readNames(stagingFd)) {
    const text = name.toString('latin1')
    if (text === TREE_NAME || REMOVING_NAME.test(text)) removeTree(stagingFd, text)
  }
}

/** Does something with a staging directory: one that has its whole name, this user's ownership and a marker of this program. */
export function withStaging<T>(holderFd: number, name: string, use: (stagingFd: number, found: FoundMarker) => T): T | undefined {
  const fd = openOwn(holderFd, name)
  if (fd === undefined) return undefined
  try {
    const found = openMarker(fd)
    if (found === undefined) return undefined
    try {
      return use(fd, found)
    } finally {
      closeSync(found.fd)
    }
  } finally {
    closeSync(fd)
  }
}

/** @throws {StopError} `restore-in-progress` when the restore of a marker still runs */
export function assertEnded(markerFd: number, path: string): void {
  if (tryLock(markerFd, 'exclusive')) return
  throw new StopError('restore-in-progress', `Another restore into ${path} is still running.`, { hint: 'Wait for it, or end it.' })
}

/** Removes a staging directory that holds nothing but its marker. */
export function removeStaging(holderFd: number, name: string, stagingFd: number): void {
  removeMarker(stagingFd)
  try {
    rmdirAt(holderFd, name)
  } catch (error) {
    // Its restore came to its end by itself between the lock and now.
    if (systemCodeOf(error) !== 'ENOENT') throw error
  }
}

function recoverOne(place: TargetPlace, name: string): void {
  withStaging(place.parentFd, name, (fd, found) => {
    if (found.mark.target === place.name) clear(place, name, fd, found)
  })
}

function clear(place: TargetPlace, name: string, fd: number, { fd: markerFd, mark }: FoundMarker): void {
  assertEnded(markerFd, place.path)
  const isNew = holdsNewTree(fd, mark)
  if (isNew === true && isHalfSwapped(place, mark)) renameOver(fd, TREE_NAME, place.parentFd, place.name)
  // The exchange was done, and the process killed before the old tree got its name.
  if (isNew === false && mark.state === 'swapping') moveOut(place, fd)
  removeStagingContent(fd, mark)
  removeStaging(place.parentFd, name, fd)
}

function moveOut(place: TargetPlace, fd: number): void {
  whileMovableAt(fd, TREE_NAME, () => renameNoReplace(fd, TREE_NAME, place.parentFd, freeOldName(place)))
}

/** Between two renames the target is absent, and the old tree has its new name. */
function isHalfSwapped(place: TargetPlace, { state, twoRenames, oldName }: StagingMark): boolean {
  if (state !== 'swapping' || twoRenames !== true || oldName === undefined) return false
  return statOrAbsent(place.parentFd, place.name) === undefined && statOrAbsent(place.parentFd, oldName) !== undefined
}

/** Whether the tree there is the one that the mark names; undefined when there is none. */
function holdsNewTree(stagingFd: number, { tree }: StagingMark): boolean | undefined {
  const stat = statOrAbsent(stagingFd, TREE_NAME)
  return stat && isMarked(stat, tree)
}

function openOwn(parentFd: number, name: string): number | undefined {
  let fd: number
  try {
    fd = openAt(parentFd, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (error) {
    if (['ENOTDIR', 'ELOOP', 'ENOENT', 'EACCES'].includes(systemCodeOf(error) ?? '')) return undefined
    throw error
  }
  if (statFd(fd).uid === process.geteuid!()) return fd
  closeSync(fd)
  return undefined
}

function unknownTree({ target }: StagingMark): StopError {
  return new StopError('staging-unknown', `A staging directory of ${target} holds a tree that its restore did not make.`, {
    hint: 'It may be the old tree. Look into the directory .cairn-restore-… beside the target, and move it to where it belongs.',
  })
}
