import { closeSync, constants, openSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { StopError, UsageError } from '../errors.ts'
import { openDirNoFollow } from '../runtime/posix/at.ts'
import { readNames } from '../runtime/posix/directory.ts'
import type { FileStat } from '../runtime/posix/file-stat.ts'
import { statAt, statFd } from '../runtime/posix/stat.ts'
import { systemCodeOf } from '../runtime/posix/system-code.ts'
import { isMountPoint, mountsBelow } from './mounts.ts'
import { entryFailure } from './problem.ts'

/** What stands where a restore is to land: nothing, an empty directory, or a directory with something in it. */
export type TargetState = 'absent' | 'empty' | 'full'

/** A target by the handle of its parent, so that nobody can lead the way there elsewhere meanwhile. */
export interface TargetPlace {
  /** Absolute, as it was asked for. */
  readonly path: string
  readonly name: string
  readonly parentFd: number
}

/**
 * Opens the parent of a target. Symlinks on the way to it are the user's own and are followed; the target's own name is not.
 * The caller closes `parentFd`.
 * @throws {UsageError} `target-parent` when the parent is no directory; `target-access` when this user may not use it
 * @throws {StopError} `mount-point` for the root of the file system
 */
export function openTargetPlace(target: string): TargetPlace {
  const path = resolve(target)
  if (path === '/') throw mountPoint(path)
  try {
    return { path, name: basename(path), parentFd: openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY) }
  } catch (cause) {
    throw parentUnusable(dirname(path), cause)
  }
}

function parentUnusable(parent: string, cause: unknown): unknown {
  const error = refusedAt(parent, cause)
  if (error !== cause) return error
  const what = systemCodeOf(cause) === 'ENOENT' ? 'does not exist' : 'is not a directory that can be used'
  return new UsageError('target-parent', `${parent} ${what}.`, {
    hint: 'Create the directory in which the restored one is to lie.',
    cause,
  })
}

/** What is thrown when the system says that this user may not use a directory; another error comes back as it is. */
export function refusedAt(directory: string, error: unknown): unknown {
  if (!['EACCES', 'EPERM'].includes(systemCodeOf(error) ?? '')) return error
  const hint = 'Restore to a place where this user may write, or as a user who may write there.'
  return new UsageError('target-access', `This user may not use ${directory}.`, { hint, cause: error })
}

/**
 * Looks at a target without changing anything; with `replace`, also whether what it holds can be moved away.
 * @throws {StopError} `target-not-a-directory` or `mount-point`
 * @throws {UsageError} `target-parent`, `target-access`; {StoreError} when its file system is broken
 */
export function inspectTarget(target: string, { replace = false }: { readonly replace?: boolean } = {}): TargetState {
  const place = openTargetPlace(target)
  try {
    const state = stateOf(place)
    if (state === 'full' && replace) assertMovable(place)
    return state
  } catch (error) {
    throw unseen(place, error)
  } finally {
    closeSync(place.parentFd)
  }
}

/** What keeps a target from being looked at; what is no error of the system comes back as it is. */
function unseen({ path }: TargetPlace, cause: unknown): unknown {
  if (systemCodeOf(cause) === undefined) return cause
  const hint = 'Restore to a place that this user may read.'
  return new UsageError('target-access', `${path} cannot be looked at: ${entryFailure(cause)}.`, { hint, cause })
}

/**
 * The state of a target at this moment.
 * @throws {StopError} `target-not-a-directory` when a file, symlink or anything else stands there; `mount-point`
 * @throws {UsageError} `target-access` when this user may not look into it
 */
export function stateOf(place: TargetPlace): TargetState {
  const { path, name, parentFd } = place
  const stat = statOfTarget(place)
  if (stat === undefined) return 'absent'
  if ((stat.mode & constants.S_IFMT) !== constants.S_IFDIR) {
    const what = (stat.mode & constants.S_IFMT) === constants.S_IFLNK ? 'a symlink' : 'not a directory'
    throw new StopError('target-not-a-directory', `${path} is ${what}.`, { hint: 'Restore to another place, or move it away first.' })
  }
  if (stat.dev !== statFd(parentFd).dev || isMountPoint(parentFd, name)) throw mountPoint(path)
  const fd = openTarget(place)
  try {
    return readNames(fd).length === 0 ? 'empty' : 'full'
  } finally {
    closeSync(fd)
  }
}

/** The metadata of a target; undefined when there is none. @throws {UsageError} `target-access` */
export function statOfTarget({ path, name, parentFd }: TargetPlace): FileStat | undefined {
  try {
    return statOrAbsent(parentFd, name)
  } catch (error) {
    throw refusedAt(dirname(path), error) // a directory that may be read, and not entered
  }
}

/** Opens a target that is a directory, without following a symlink; the caller closes it. @throws {UsageError} `target-access` */
export function openTarget({ path, name, parentFd }: TargetPlace): number {
  try {
    return openDirNoFollow(parentFd, name)
  } catch (error) {
    throw refusedAt(path, error)
  }
}

/**
 * Whoever removed the old tree would empty what is mounted in it.
 * @throws {StopError} `mount-point` when something is mounted below the target
 */
export function assertMovable({ path, name, parentFd }: TargetPlace): void {
  const [first, ...more] = mountsBelow(parentFd, name)
  if (first === undefined) return
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`
  throw new StopError(
    'mount-point',
    `${path} cannot be replaced: ${first}${others} is mounted in it, and would move away with the old tree.`,
    { hint: 'Unmount what is mounted there, or restore to another place.' },
  )
}

export function mountPoint(path: string, cause?: unknown): StopError {
  return new StopError('mount-point', `${path} is a mount point, which cannot be exchanged in one step.`, {
    hint: 'Restore into a directory below it, or to another place.',
    cause,
  })
}

export function notEmpty({ path }: Pick<TargetPlace, 'path'>, cause?: unknown): StopError {
  return new StopError('target-not-empty', `${path} is not empty.`, {
    hint: 'Restore to a new or empty directory, or have the replacement approved (--replace).',
    cause,
  })
}

/** The metadata of a name; undefined when nothing has it. */
export function statOrAbsent(parentFd: number, name: string): FileStat | undefined {
  try {
    return statAt(parentFd, name)
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
