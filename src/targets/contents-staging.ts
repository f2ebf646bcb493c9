// Where a restore lands whose target has to stay, because it is a mount point or because somebody wants it so: a private directory in
// the target itself, on the same file system, filled as any other. Its entries then take the place of those of the target, which lie
// in `.cairn-old-…/` from then on. Until the exchange nothing of the target's entries changes. SPEC §9.5.10

import { closeSync, fsyncSync } from 'node:fs'
import { StoreError } from '../errors.ts'
import type { Permit } from '../runtime/permit.ts'
import { openDirNoFollow, rmdirAt } from '../runtime/posix/at.ts'
import { readNames } from '../runtime/posix/directory.ts'
import { isSameFile } from '../runtime/posix/file-stat.ts'
import { statFd } from '../runtime/posix/stat.ts'
import { copyMetadata, type MovedMetadata, movedMetadata, setTime } from './directory-metadata.ts'
import { exchangeContents, HALF_REPLACED } from './exchange-contents.ts'
import { whileMovable } from './movable.ts'
import { type OpenTarget, tampered } from './old-entries.ts'
import { type FinishOptions, type StagedTree, StagingDirectory } from './staging-directory.ts'
import { TARGET_AROUND } from './staging-marker.ts'
import { findInterrupted, type Interrupted, recoverContents } from './stale-contents.ts'
import { type SwapResult, TREE_NAME } from './swap.ts'
import { inPlace, inTarget } from './target-failure.ts'
import { assertNothingMounted, notEmpty, openTargetPlace, stateOf, statOrAbsent } from './target-state.ts'

export interface ContentsStagingOptions {
  /** Whether what the target holds may be replaced: then `finish` needs a permit. */
  readonly replace?: boolean
}

/** A restore's staging directory within its target. One restore, one thread, as `Staging`. */
export class ContentsStaging implements StagedTree {
  readonly #target: OpenTarget
  readonly #before: MovedMetadata
  readonly #directory: StagingDirectory
  #isHalfDone = false

  private constructor(target: OpenTarget) {
    this.#target = target
    this.#before = movedMetadata(target.fd)
    this.#directory = new StagingDirectory(target.fd, TARGET_AROUND)
  }

  /**
   * Creates a staging directory in a target that is there, after what killed restores left in it was brought to an end.
   * @throws {StopError} `target-not-empty`, `target-not-a-directory`, `mount-point` when something is mounted in it,
   * `restore-in-progress`, `replace-interrupted` or `staging-unknown`
   * @throws {UsageError} `target-parent`, `target-access`; {StoreError} when the file system is full, read-only or broken
   */
  static create(path: string, options: ContentsStagingOptions = {}): ContentsStaging {
    const target = openTarget(path)
    try {
      assertNothingMounted(target.path, target.fd)
      recoverContents(target)
      if (options.replace !== true && readNames(target.fd).length > 0) throw notEmpty(target)
      return new ContentsStaging(target)
    } catch (error) {
      closeSync(target.fd)
      throw inTarget(target.path, error)
    }
  }

  get path(): string {
    return this.#target.path
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
   * Makes the tree durable and exchanges the target's entries for its own. What the target itself cannot be given of the new root's
   * metadata is reported. After an error the caller calls `abort`.
   * @throws what `exchangeContents` throws; {StopError} `mount-point`, `target-tampered`
   * @throws {StoreError} `target-io` or `target-no-space` when something could not be made durable
   */
  finish({ permit, report }: FinishOptions = {}): SwapResult {
    const [target, staging] = [this.#target, this.#directory]
    staging.flush()
    this.#assertInPlace()
    assertNothingMounted(target.path, target.fd)
    const root = movedMetadata(staging.treeFd)
    const oldName = this.#exchange(permit)
    copyMetadata(staging.treeFd, root, target.fd, (kind, message) => report?.({ path: Buffer.alloc(0), kind, message }))
    flushTarget(target)
    this.#removeEmptied()
    setTime(target.fd, root.mtime)
    flushTarget(target)
    closeSync(target.fd)
    return { path: target.path, ...(oldName !== undefined && { oldPath: `${target.path}/${oldName}` }) }
  }

  /**
   * Removes the staging directory and everything in it, unless an exchange is half done: then the next restore needs it.
   * @throws as `Staging.abort`
   */
  abort(): void {
    try {
      if (this.#isHalfDone || this.#directory.state === 'moving-in') return this.#close()
      this.#directory.empty()
    } catch (error) {
      this.#close()
      throw error
    }
    this.#remove()
  }

  #exchange(permit: Permit | undefined): string | undefined {
    try {
      return exchangeContents({ target: this.#target, before: this.#before, staging: this.#directory, permit })
    } catch (error) {
      this.#isHalfDone = error instanceof StoreError && error.code === HALF_REPLACED
      throw inTarget(this.path, error)
    }
  }

  /** The last name that goes moves the target's time once more, and its new mode may forbid that to its owner. */
  #removeEmptied(): void {
    const [target, staging] = [this.#target, this.#directory]
    try {
      rmdirAt(staging.fd, TREE_NAME)
      whileMovable(target.fd, () => staging.remove())
    } catch (cause) {
      throw inPlace(target.path, `its staging directory ${staging.name} could not be removed`, cause)
    }
  }

  /** All goes by handles, wherever somebody moved the directory; but then what lies under its name is not this restore's. */
  #assertInPlace(): void {
    const present = statOrAbsent(this.#target.fd, this.name)
    if (present === undefined || !isSameFile(present, statFd(this.#directory.fd))) throw tampered(this.#target, this.name)
  }

  #remove(): void {
    this.#directory.remove()
    closeSync(this.#target.fd)
  }

  #close(): void {
    this.#directory.close()
    closeSync(this.#target.fd)
  }
}

/**
 * What a killed restore left half exchanged in a target that is there.
 * @throws as `ContentsStaging.create`
 */
export function interruptedExchange(path: string): Interrupted | undefined {
  const target = openTarget(path)
  try {
    return findInterrupted(target)
  } catch (error) {
    throw inTarget(target.path, error)
  } finally {
    closeSync(target.fd)
  }
}

function openTarget(target: string): OpenTarget {
  const place = openTargetPlace(target)
  try {
    stateOf(place, 'contents')
    return { path: place.path, fd: openDirNoFollow(place.parentFd, place.name) }
  } catch (error) {
    throw inTarget(place.path, error)
  } finally {
    closeSync(place.parentFd)
  }
}

function flushTarget(target: OpenTarget): void {
  try {
    fsyncSync(target.fd)
  } catch (error) {
    throw inPlace(target.path, 'that could not be made durable', error)
  }
}
