// The one way in which names come into being in a staging tree: exclusively, in a parent reached by handles. SPEC §9.5.5

import { constants, openSync } from 'node:fs'
import { isEntryName } from '../../format/names.ts'
import { FormatError, StopError } from '../errors.ts'
import { unlinkAt } from '../runtime/posix/at.ts'
import { systemCodeOf } from '../runtime/posix/system-code.ts'
import { DirectoryHandles } from './directory-handles.ts'
import type { DirectoryTable } from './directory-table.ts'
import { entryFailure, type ReportProblem, type RestoreProblemKind } from './problem.ts'

export interface EntryCreatorOptions {
  readonly table: DirectoryTable
  /** Handle of the tree's root directory, which is empty at the start; its owner closes it. */
  readonly rootFd: number
  /** Device of the tree's file system. */
  readonly device: number
  readonly report: ReportProblem
  /** Directory handles kept open at once. */
  readonly handleCapacity?: number
}

// What a file system says of a name or type that it cannot hold, or the kernel of one that this user may not make.
const UNSUPPORTED = new Set([
  'ENAMETOOLONG',
  'EILSEQ',
  'EINVAL',
  'EPERM',
  'EOPNOTSUPP',
  'ENOTSUP',
  'ENOSYS',
  'EACCES',
  'EMLINK',
  'EFBIG',
  'EOVERFLOW',
])

export class EntryCreator {
  readonly table: DirectoryTable
  readonly device: number
  readonly #handles: DirectoryHandles
  readonly #report: ReportProblem
  /** Entries that were not created because their directory could not be. */
  leftOut = 0

  constructor({ table, rootFd, device, report, handleCapacity: capacity }: EntryCreatorOptions) {
    this.table = table
    this.device = device
    this.#report = report
    this.#handles = new DirectoryHandles({ table, rootFd, device, ...(capacity !== undefined && { capacity }) })
  }

  /** The handle of a directory. @throws {StopError} `target-tampered` */
  handle(directory: number): number {
    return this.#handles.get(directory)
  }

  /** A handle of a directory that stays open until the caller closes it: two of `handle` at once could push each other out. */
  pin(directory: number): number {
    return openSync(`/proc/self/fd/${this.#handles.get(directory)}`, constants.O_DIRECTORY)
  }

  /**
   * Runs the call that creates a name; undefined when the name was not created, which was then reported.
   * @throws {FormatError} `entry-name` when the name could lead anywhere else
   * @throws {StoreError} when the target can take nothing more
   */
  create<T>(directory: number, name: Uint8Array, call: (parentFd: number) => T): T | undefined {
    if (!isEntryName(name))
      throw new FormatError('entry-name', `An entry of ${this.table.path(directory).toString()} has a name that no entry may have.`)
    if (this.table.isLeftOut(directory)) {
      this.leftOut++
      return undefined
    }
    try {
      return call(this.#handles.get(directory))
    } catch (error) {
      this.failed(directory, name, error)
      return undefined
    }
  }

  /** Reports an entry that could not be written. @throws {StoreError} when the target can take nothing more */
  failed(directory: number, name: Uint8Array, error: unknown): void {
    const message = entryFailure(error)
    const code = systemCodeOf(error)!
    if (code === 'EEXIST')
      this.problem(directory, name, 'collision', 'left out, because its name is taken: the target may not tell upper from lower case')
    else this.problem(directory, name, UNSUPPORTED.has(code) ? 'unsupported' : 'io', `left out: ${message}`)
  }

  problem(directory: number, name: Uint8Array | undefined, kind: RestoreProblemKind, message: string): void {
    this.#report({ path: this.table.path(directory, name), kind, message })
  }

  /** Removes a file that this restore created and cannot complete. */
  remove(directory: number, name: Uint8Array): void {
    unlinkAt(this.#handles.get(directory), name)
  }

  tampered(directory: number, name: Uint8Array, reason: string): StopError {
    return new StopError(
      'target-tampered',
      `Something changed ${this.table.path(directory, name).toString()} during the restore: ${reason}.`,
      {
        hint: 'Nothing was put into place. Find the program that writes there, then restore again.',
      },
    )
  }

  close(): void {
    this.#handles.close()
  }
}
