// The private directory in which a restore is built: `.cairn-restore-<32 hex>/` with a marker and `tree/`, the new tree. It lies
// beside the target, or in it where the target itself has to stay.

import { closeSync, fchmodSync, fchownSync, fsyncSync } from 'node:fs'
import { toHex } from '../../format/bytes.ts'
import { StoreError } from '../errors.ts'
import { mkdirAt, openDirNoFollow, rmdirAt } from '../runtime/posix/at.ts'
import { statFd } from '../runtime/posix/stat.ts'
import { syncFs } from '../runtime/posix/sync.ts'
import { systemCodeOf } from '../runtime/posix/system-code.ts'
import { removeXattr } from '../runtime/posix/xattr.ts'
import { randomBytes } from '../runtime/random.ts'
import { entryFailure, type ReportProblem } from './problem.ts'
import { markDirectory, removeMarker, type StagingMark, writeMarker } from './staging-marker.ts'
import { removeStagingContent } from './stale-staging.ts'
import { type SwapOptions, type SwapResult, TREE_NAME } from './swap.ts'

const PRIVATE = 0o700
const ACLS = ['system.posix_acl_default', 'system.posix_acl_access']

export interface FinishOptions extends SwapOptions {
  /** Takes what the target itself could not be given of the new root's metadata. */
  readonly report?: ReportProblem
}

/** A restore on its way: its tree is filled through `treeFd`, and then put into place or given up. */
export interface StagedTree {
  /** Absolute path of the target. */
  readonly path: string
  /** Name of the staging directory. */
  readonly name: string
  /** Handle of the new tree's root. */
  readonly treeFd: number
  /** Device of the new tree's file system. */
  readonly device: number
  /** Makes the tree durable and puts it into place; after an error the caller calls `abort`. */
  finish(options?: FinishOptions): SwapResult
  /** Removes the staging directory and what is in it, and never what is not the new tree. */
  abort(): void
}

export class StagingDirectory {
  readonly name: string
  readonly fd: number
  readonly treeFd: number
  readonly #holderFd: number
  #mark: StagingMark
  #markerFd: number
  #isClosed = false

  /**
   * Makes one in an open directory, which its caller closes. `target` is what the marker says of where the tree is to go.
   * @throws {PosixError}, or an error of node:fs: then nothing is left, or an empty directory
   */
  constructor(holderFd: number, target: string) {
    this.#holderFd = holderFd
    this.name = `.cairn-restore-${toHex(randomBytes(16))}`
    mkdirAt(holderFd, this.name, PRIVATE)
    this.fd = openDirNoFollow(holderFd, this.name)
    try {
      makePlain(this.fd)
      mkdirAt(this.fd, TREE_NAME, PRIVATE)
      // Opened before anything is written: the kernel reports a failed write-back only to such handles.
      this.treeFd = openDirNoFollow(this.fd, TREE_NAME)
      this.#mark = { target, tree: markDirectory(statFd(this.treeFd)), state: 'writing' }
      this.#markerFd = writeMarker(this.fd, this.#mark)
    } catch (error) {
      discard(holderFd, this.name, this.fd)
      throw error
    }
  }

  /** Device of the new tree's file system. */
  get device(): number {
    return this.#mark.tree.device
  }

  get state(): StagingMark['state'] {
    return this.#mark.state
  }

  /** Makes known what is about to happen, durably, so that a later run can bring a killed one to its end. */
  announce(change: Partial<StagingMark>): void {
    const mark = { ...this.#mark, ...change }
    const markerFd = writeMarker(this.fd, mark)
    closeSync(this.#markerFd)
    this.#markerFd = markerFd
    this.#mark = mark
    fsyncSync(this.fd)
  }

  /** @throws {StoreError} `target-io` or `target-no-space` when the tree could not be made durable */
  flush(): void {
    try {
      syncFs(this.treeFd)
    } catch (error) {
      throw new StoreError('target-io', `The restored tree could not be made durable: ${entryFailure(error)}.`, { cause: error })
    }
  }

  /** Removes what is in it. @throws {StopError} `staging-unknown` when it holds a tree that is not its own */
  empty(): void {
    removeStagingContent(this.fd, this.#mark)
  }

  /** Removes the directory, which holds nothing but its marker by now. */
  remove(): void {
    removeMarker(this.fd)
    rmdirAt(this.#holderFd, this.name)
    this.close()
  }

  /** Twice is once: what is given up after it was removed has other files under its numbers by then. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const fd of [this.#markerFd, this.treeFd, this.fd]) closeSync(fd)
  }
}

/** Removes a staging directory that never came to be. What fails here leaves an empty directory behind; the first error counts. */
function discard(holderFd: number, name: string, fd: number): void {
  const steps = [() => removeMarker(fd), () => rmdirAt(fd, TREE_NAME), () => rmdirAt(holderFd, name), () => closeSync(fd)]
  for (const step of steps) {
    try {
      step()
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error
    }
  }
}

/** Makes a new directory private, without what its parent handed down (group, setgid, default ACL): that must not leak into what is restored. */
export function makePlain(fd: number): void {
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
