// Where a restore lands: a fresh private directory beside the target, filled through handles, and put into place in one step.
// `.cairn-restore-<32 hex>/` holds a marker and `tree/`, the new directory. Until the swap nothing of the target changes; after
// it the target is the new tree, and the old one lies beside it. Flow: create → TreeWriter fills treeFd → finish, or abort. SPEC §9.5

import { closeSync, fchmodSync, fchownSync, fsyncSync } from 'node:fs'
import { toHex } from '../../format/bytes.ts'
import { StoreError, UsageError } from '../errors.ts'
import { mkdirAt, openDirNoFollow, rmdirAt } from '../runtime/posix/at.ts'
import { statFd } from '../runtime/posix/stat.ts'
import { syncFs } from '../runtime/posix/sync.ts'
import { systemCodeOf } from '../runtime/posix/system-code.ts'
import { removeXattr } from '../runtime/posix/xattr.ts'
import { randomBytes } from '../runtime/random.ts'
import { entryFailure } from './problem.ts'
import { removeMarker, type StagingMark, writeMarker } from './staging-marker.ts'
import { recoverStagings, removeStagingContent } from './stale-staging.ts'
import { type SwapOptions, type SwapResult, swapIntoPlace, TREE_NAME } from './swap.ts'
import { assertMovable, notEmpty, openTargetPlace, stateOf, type TargetPlace } from './target-state.ts'

export type { SwapOptions, SwapResult } from './swap.ts'

const PRIVATE = 0o700
const ACLS = ['system.posix_acl_default', 'system.posix_acl_access']

export interface StagingOptions {
  /** Whether a target that holds something may be replaced: then `finish` needs a permit. */
  readonly replace?: boolean
}

interface Prepared {
  readonly name: string
  readonly fd: number
  readonly treeFd: number
  readonly mark: StagingMark
  readonly markerFd: number
}

/** A restore's staging directory. One restore, one thread; the threads that fill it share `treeFd`. */
export class Staging {
  readonly #place: TargetPlace
  readonly #prepared: Prepared
  #markerFd: number

  private constructor(place: TargetPlace, prepared: Prepared) {
    this.#place = place
    this.#prepared = prepared
    this.#markerFd = prepared.markerFd
  }

  /**
   * Creates a staging directory beside the target, after what killed restores into the same target left was cleared away.
   * @throws {StopError} `target-not-empty`, `target-not-a-directory`, `mount-point`, `restore-in-progress` or `staging-unknown`
   * @throws {UsageError} `target-parent`, `target-access`
   * @throws {StoreError} when the file system is full, read-only or broken
   */
  static create(target: string, options: StagingOptions = {}): Staging {
    const place = openTargetPlace(target)
    try {
      recoverStagings(place)
      if (stateOf(place) === 'full') {
        if (options.replace !== true) throw notEmpty(place)
        assertMovable(place)
      }
      return new Staging(place, prepare(place))
    } catch (error) {
      closeSync(place.parentFd)
      if (systemCodeOf(error) === undefined) throw error
      throw nothingBeside(place, error)
    }
  }

  /** Absolute path of the target. */
  get path(): string {
    return this.#place.path
  }

  /** Name of the staging directory beside the target. */
  get name(): string {
    return this.#prepared.name
  }

  /** Handle of the new tree's root. */
  get treeFd(): number {
    return this.#prepared.treeFd
  }

  /** Device of the new tree's file system. */
  get device(): number {
    return this.#prepared.mark.tree.device
  }

  /**
   * Makes the tree durable and puts it into place. After an error the caller calls `abort`, which spares what is not the new tree.
   * @throws {StoreError} `target-io` or `target-no-space` when the tree could not be made durable, and what `swapIntoPlace` throws
   * @throws {StopError} `target-not-empty` when something appeared there and may not be replaced, `mount-point`, `no-atomic-swap`
   * @throws {AccessError} `no-permit` when a full target would be replaced without a permit for it
   */
  finish(options: SwapOptions = {}): SwapResult {
    const { fd, treeFd } = this.#prepared
    durable(treeFd)
    const announce = (oldName: string, twoRenames: boolean): void => this.#announce(oldName, twoRenames)
    const result = swapIntoPlace({ place: this.#place, stagingFd: fd, treeFd, announce }, options)
    fsyncSync(this.#place.parentFd)
    this.#remove()
    return result
  }

  /**
   * Removes the staging directory and everything in it; the target is left as it is.
   * @throws {StopError} `staging-unknown` when it holds a tree that is not its own
   * @throws {PosixError} when something in it cannot be removed; the next restore into the same target tries again
   */
  abort(): void {
    try {
      removeStagingContent(this.#prepared.fd, this.#prepared.mark)
    } catch (error) {
      this.#close()
      throw error
    }
    this.#remove()
  }

  /** From here on a killed process leaves a complete tree, and the next restore knows which of the two directories is which. */
  #announce(oldName: string, twoRenames: boolean): void {
    const { fd, mark } = this.#prepared
    const markerFd = writeMarker(fd, { ...mark, state: 'swapping', oldName, twoRenames })
    closeSync(this.#markerFd)
    this.#markerFd = markerFd
    fsyncSync(fd)
  }

  #remove(): void {
    removeMarker(this.#prepared.fd)
    rmdirAt(this.#place.parentFd, this.#prepared.name)
    this.#close()
  }

  #close(): void {
    for (const fd of [this.#markerFd, this.#prepared.treeFd, this.#prepared.fd, this.#place.parentFd]) closeSync(fd)
  }
}

/** @throws {StoreError} when the file system is full, read-only or broken; otherwise the place that was named is none for a restore. */
function nothingBeside({ path }: TargetPlace, cause: unknown): UsageError {
  return new UsageError('target-access', `Nothing can be created beside ${path}: ${entryFailure(cause)}.`, {
    hint: 'Restore to a place where this user may write.',
    cause,
  })
}

function durable(treeFd: number): void {
  try {
    syncFs(treeFd)
  } catch (error) {
    throw new StoreError('target-io', `The restored tree could not be made durable: ${entryFailure(error)}.`, { cause: error })
  }
}

function prepare(place: TargetPlace): Prepared {
  const name = `.cairn-restore-${toHex(randomBytes(16))}`
  mkdirAt(place.parentFd, name, PRIVATE)
  const fd = openDirNoFollow(place.parentFd, name)
  try {
    makePlain(fd)
    mkdirAt(fd, TREE_NAME, PRIVATE)
    // Opened before anything is written: the kernel reports a failed write-back only to such handles.
    const treeFd = openDirNoFollow(fd, TREE_NAME)
    const { dev, ino } = statFd(treeFd)
    const mark: StagingMark = { target: place.name, tree: { device: dev, inode: String(ino) }, state: 'writing' }
    return { name, fd, treeFd, mark, markerFd: writeMarker(fd, mark) }
  } catch (error) {
    discard(place, name, fd)
    throw error
  }
}

/** Removes a staging directory that never came to be. What fails here leaves an empty directory behind; the first error counts. */
function discard({ parentFd }: TargetPlace, name: string, fd: number): void {
  const steps = [() => removeMarker(fd), () => rmdirAt(fd, TREE_NAME), () => rmdirAt(parentFd, name), () => closeSync(fd)]
  for (const step of steps) {
    try {
      step()
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error
    }
  }
}

/** Undoes what the parent directory hands down (group, setgid, default ACL): it must not leak into what is restored. */
function makePlain(fd: number): void {
  for (const acl of ACLS) {
    try {
      removeXattr(fd, acl)
    } catch (error) {
      if (!['ENODATA', 'EOPNOTSUPP', 'ENOTSUP'].includes(systemCodeOf(error) ?? '')) throw error
    }
  }
  const gid = process.getegid!()
  if (statFd(fd).gid !== gid) fchownSync(fd, -1, gid)
  fchmodSync(fd, PRIVATE)
}
