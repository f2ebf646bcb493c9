// What a killed restore left in a target that stays. Its moves are brought to an end by what its marker says: while old entries moved
// out, those are moved back; once all were out, the rest of the new ones moves in. Either way nothing is moved over anything, and
// only what such a restore moved is moved.

import { closeSync, fsyncSync } from 'node:fs'
import { StopError } from '../errors.ts'
import { openDirNoFollow, rmdirAt } from '../runtime/posix/at.ts'
import { readNames } from '../runtime/posix/directory.ts'
import { statFd } from '../runtime/posix/stat.ts'
import { systemCodeOf, systemMessageOf } from '../runtime/posix/system-code.ts'
import { copyMetadata } from './directory-metadata.ts'
import { lendTree } from './exchange-contents.ts'
import { moveEntry } from './move-entry.ts'
import { findOldDirectory, type OpenTarget, removeOldDirectory } from './old-entries.ts'
import { isMarked, type StagingMark, TARGET_AROUND } from './staging-marker.ts'
import { assertEnded, removeStaging, removeStagingContent, STAGING_NAME, withStaging } from './stale-staging.ts'
import { TREE_NAME } from './swap.ts'
import { statOrAbsent } from './target-state.ts'

/** An exchange that was killed between its first move and its last. */
export interface Interrupted {
  /** Where the restored entries lie that are not in the target. */
  readonly tree: string
  /** Where the old entries lie that are not in the target. */
  readonly old?: string
  /** What the next exchange does first: old entries back into the target, or the rest of the restored ones. */
  readonly next: 'undo' | 'finish'
}

/** The exchange of a target's contents that was interrupted, or is under way. Changes nothing. */
export function findInterrupted(target: OpenTarget): Interrupted | undefined {
  for (const name of stagingNames(target)) {
    const found = withStaging(target.fd, name, (_, { mark }) => interruptedOf(target, name, mark))
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * Clears away what killed restores left in a target, and brings an exchange that was cut in two to its end.
 * @throws {StopError} `restore-in-progress` also when a restore into a directory of the target runs; `replace-interrupted` when an
 * entry cannot be moved; `staging-unknown`
 */
export function recoverContents(target: OpenTarget): void {
  for (const name of stagingNames(target)) {
    withStaging(target.fd, name, (stagingFd, { fd, mark }) => {
      assertEnded(fd, target.path)
      // Of a restore into a directory of this target it is an entry as any other.
      if (mark.target === TARGET_AROUND) recoverOne(target, name, stagingFd, mark)
    })
  }
}

function stagingNames({ fd }: OpenTarget): string[] {
  return readNames(fd)
    .map((name) => name.toString('latin1'))
    .filter((name) => STAGING_NAME.test(name))
}

function interruptedOf({ path }: OpenTarget, name: string, { target, state, oldName }: StagingMark): Interrupted | undefined {
  if (target !== TARGET_AROUND || (state !== 'moving-out' && state !== 'moving-in')) return undefined
  const old = oldName === undefined ? {} : { old: `${path}/${oldName}` }
  return { tree: `${path}/${name}/${TREE_NAME}`, ...old, next: state === 'moving-out' ? 'undo' : 'finish' }
}

function recoverOne(target: OpenTarget, name: string, stagingFd: number, mark: StagingMark): void {
  const interrupted = interruptedOf(target, name, mark)
  try {
    if (interrupted?.next === 'undo') moveBack(target, mark)
    if (interrupted?.next === 'finish') moveRestIn(target, stagingFd, mark)
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error
    throw notEnded(target, interrupted!, error)
  }
  removeStagingContent(stagingFd, mark)
  removeStaging(target.fd, name, stagingFd)
}

function moveBack(target: OpenTarget, mark: StagingMark): void {
  const old = findOldDirectory(target, mark)
  if (old === undefined) return
  try {
    for (const name of readNames(old.fd)) moveEntry(old.fd, name, target.fd)
    removeOldDirectory(target, old)
  } finally {
    closeSync(old.fd)
  }
}

function moveRestIn(target: OpenTarget, stagingFd: number, mark: StagingMark): void {
  if (statOrAbsent(stagingFd, TREE_NAME) === undefined) return
  const treeFd = openDirNoFollow(stagingFd, TREE_NAME)
  try {
    // Otherwise the marker came with somebody's snapshot, or the tree is another one: that is told when it would be removed.
    if (!isMarked(statFd(treeFd), mark.tree) || mark.root === undefined) return
    lendTree(treeFd)
    for (const name of readNames(treeFd)) moveEntry(treeFd, name, target.fd)
    // Whoever exchanges them again sets it anew, and tells what it cannot.
    copyMetadata(treeFd, mark.root, target.fd, () => undefined)
    fsyncSync(target.fd)
    rmdirAt(stagingFd, TREE_NAME)
  } finally {
    closeSync(treeFd)
  }
}

function notEnded({ path }: OpenTarget, { tree, old = path, next }: Interrupted, cause: unknown): StopError {
  const where =
    next === 'undo'
      ? `what was there before is in ${path} and in ${old}, what was restored in ${tree}`
      : `what was there before is in ${old}, what was restored in ${path} and in ${tree}`
  const message = `A restore was interrupted while it exchanged what is in ${path}, and cannot be ${next === 'undo' ? 'undone' : 'finished'}: ${systemMessageOf(cause)}. Nothing is lost: ${where}.`
  return new StopError('replace-interrupted', message, {
    hint: `Move away what stands in the way, and run this again. Or bring it to an end by hand: move the entries to where they belong, then remove the directory ${tree.slice(0, -TREE_NAME.length - 1)}.`,
    fields: { target: path, old, tree, next },
    cause,
  })
}
