// Where a restore lands: a fresh private directory beside the target, filled through handles, and put into place in one step.
// Until the swap nothing of the target changes; after it the target is the new tree, and the old one lies beside it.
// Flow: create → TreeWriter fills treeFd → finish, or abort. SPEC §9.5

import { closeSync, fsyncSync } from 'node:fs'
import { UsageError } from '../errors.ts'
import { systemCodeOf } from '../runtime/posix/system-code.ts'
import { entryFailure } from './problem.ts'
import { type StagedTree, StagingDirectory } from './staging-directory.ts'
import { recoverStagings } from './stale-staging.ts'
import { type SwapOptions, type SwapResult, swapIntoPlace } from './swap.ts'
import { inPlace } from './target-failure.ts'
import { assertMovable, notEmpty, openTargetPlace, stateOf, type TargetPlace } from './target-state.ts'

export type { SwapOptions, SwapResult } from './swap.ts'

export interface StagingOptions {
  /** Whether a target that holds something may be replaced: then `finish` needs a permit. */
  readonly replace?: boolean
}

/** A restore's staging directory. One restore, one thread; the threads that fill it share `treeFd`. */
export class Staging implements StagedTree {
  readonly #place: TargetPlace
  readonly #directory: StagingDirectory

  private constructor(place: TargetPlace, directory: StagingDirectory) {
    this.#place = place
    this.#directory = directory
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
      return new Staging(place, new StagingDirectory(place.parentFd, place.name))
    } catch (error) {
      closeSync(place.parentFd)
      if (systemCodeOf(error) === undefined) throw error
      throw nothingBeside(place, error)
    }
  }

  get path(): string {
    return this.#place.path
  }

  get name(): string {
    return this.#directory.name
  }

  get treeFd(): number {
    return this.#directory.treeFd
  }

  get device(): number {
    return this.#directory.device
  }

  /**
   * Makes the tree durable and puts it into place. After an error the caller calls `abort`, which spares what is not the new tree.
   * @throws {StoreError} `target-io` or `target-no-space` when the tree or its place could not be made durable, and what `swapIntoPlace` throws
   * @throws {StopError} `target-not-empty` when something appeared there and may not be replaced, `mount-point`, `no-atomic-swap`
   * @throws {AccessError} `no-permit` when a full target would be replaced without a permit for it
   */
  finish(options: SwapOptions = {}): SwapResult {
    const { fd, treeFd } = this.#directory
    this.#directory.flush()
    // From here on a killed process leaves a complete tree, and the next restore knows which of the two directories is which.
    const announce = (oldName: string, twoRenames: boolean): void => this.#directory.announce({ state: 'swapping', oldName, twoRenames })
    const result = swapIntoPlace({ place: this.#place, stagingFd: fd, treeFd, announce }, options)
    try {
      fsyncSync(this.#place.parentFd)
      this.#remove()
    } catch (cause) {
      throw inPlace(this.path, `that could not be made durable, or its staging directory ${this.name} not be removed`, cause)
    }
    return result
  }

  /**
   * Removes the staging directory and everything in it; the target is left as it is.
   * @throws {StopError} `staging-unknown` when it holds a tree that is not its own
   * @throws {PosixError} when something in it cannot be removed; the next restore into the same target tries again
   */
  abort(): void {
    try {
      this.#directory.empty()
    } catch (error) {
      this.#directory.close()
      closeSync(this.#place.parentFd)
      throw error
    }
    this.#remove()
  }

  #remove(): void {
    this.#directory.remove()
    closeSync(this.#place.parentFd)
  }
}

/** @throws {StoreError} when the file system is full, read-only or broken; otherwise the place that was named is none for a restore. */
function nothingBeside({ path }: TargetPlace, cause: unknown): UsageError {
  return new UsageError('target-access', `Nothing can be created beside ${path}: ${entryFailure(cause)}.`, {
    hint: 'Restore to a place where this user may write.',
    cause,
  })
}
