import { closeSync } from 'node:fs'
import { StopError } from '../errors.ts'
import { openDirNoFollow } from '../runtime/posix/at.ts'
import { statFd } from '../runtime/posix/stat.ts'
import type { DirectoryTable } from './directory-table.ts'
import { entryFailure } from './problem.ts'

/** Enough for the neighbourhood that a thread works in, and few enough for 16 threads under a limit of 4,096 files. */
const DEFAULT_CAPACITY = 64

const ROOT = 0

export interface DirectoryHandlesOptions {
  readonly table: DirectoryTable
  /** Handle of the root; its owner closes it. */
  readonly rootFd: number
  /** Device of the root's file system: a mount point inside the tree is refused. */
  readonly device: number
  readonly capacity?: number
}

/** Open directories of one thread, the least recently used closed first. Every step goes from a parent's handle to one name. */
export class DirectoryHandles {
  readonly #table: DirectoryTable
  readonly #rootFd: number
  readonly #device: number
  readonly #capacity: number
  readonly #open = new Map<number, number>()

  constructor({ table, rootFd, device, capacity = DEFAULT_CAPACITY }: DirectoryHandlesOptions) {
    this.#table = table
    this.#rootFd = rootFd
    this.#device = device
    this.#capacity = capacity
  }

  /**
   * The handle of a directory that this restore made; it stays open until other directories push it out.
   * @throws {StopError} `target-tampered` when the name now leads to a symlink or to another directory
   */
  get(index: number): number {
    const known = this.#lookUp(index)
    if (known !== undefined) return known
    let fd = -1
    for (const step of this.#missingSteps(index)) fd = this.#openStep(step)
    return fd
  }

  /** Closes all handles but the root's. */
  close(): void {
    for (const fd of this.#open.values()) closeSync(fd)
    this.#open.clear()
  }

  #lookUp(index: number): number | undefined {
    if (index === ROOT) return this.#rootFd
    const fd = this.#open.get(index)
    if (fd === undefined) return undefined
    this.#open.delete(index)
    this.#open.set(index, fd)
    return fd
  }

  /** The directory and those above it that are not open, the topmost first. Not recursive: trees may be 65,536 deep. */
  #missingSteps(index: number): number[] {
    const steps: number[] = []
    for (let at = index; at !== ROOT && !this.#open.has(at); at = this.#table.parent(at)) steps.push(at)
    return steps.reverse()
  }

  #openStep(index: number): number {
    const parentFd = this.#lookUp(this.#table.parent(index))!
    const fd = this.#openChecked(parentFd, index)
    this.#open.set(index, fd)
    this.#evict()
    return fd
  }

  #openChecked(parentFd: number, index: number): number {
    let fd: number
    try {
      fd = openDirNoFollow(parentFd, this.#table.name(index))
    } catch (error) {
      throw this.#tampered(index, entryFailure(error))
    }
    const { ino, dev } = statFd(fd)
    const expected = this.#table.inode(index)
    if (dev === this.#device && (expected === 0n || ino === expected)) return fd
    closeSync(fd)
    throw this.#tampered(index, 'another directory stands in its place')
  }

  #tampered(index: number, reason: string): StopError {
    return new StopError(
      'target-tampered',
      `Something changed the directory ${this.#table.path(index).toString()} during the restore: ${reason}.`,
      {
        hint: 'Nothing was put into place. Find the program that writes there, then restore again.',
      },
    )
  }

  #evict(): void {
    if (this.#open.size <= this.#capacity) return
    const [oldest, fd] = this.#open.entries().next().value!
    this.#open.delete(oldest)
    closeSync(fd)
  }
}
