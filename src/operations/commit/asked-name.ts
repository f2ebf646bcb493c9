// One name of a directory as a second look finds it: asked for anew, and forgotten with the next one.

import { ENTRY_DIRECTORY } from '../../../format/tree.ts'
import type { Timespec } from '../../runtime/posix/file-stat.ts'
import { StatBuffer } from '../../runtime/posix/stat-buffer.ts'
import { systemCodeOf } from '../../runtime/posix/system-code.ts'
import type { DirectoryHandle } from '../../sources/filesystem/directory-handle.ts'
import { entryTypeOf } from '../../sources/filesystem/entry.ts'
import { isRecent, toMs } from '../../sources/filesystem/stat-record.ts'
import { COPYING, TypedDevices } from '../../sources/filesystem/typed-devices.ts'
import { fileKey } from './key-set.ts'

/** The clock that dates files stands still between two ticks. */
const TICK_MS = 10

export class AskedName {
  readonly stat = new StatBuffer()
  readonly #startedAt: number
  readonly #copying = new TypedDevices(COPYING)
  #directory: DirectoryHandle | undefined

  /** @param startedAt wall clock at the start of the commit, in milliseconds */
  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  /** Asks for the metadata of a name; false when it is gone. */
  ask(directory: DirectoryHandle, name: string): boolean {
    this.#directory = directory
    return unlessGone(() => (this.stat.readLatin1At(directory.fd(), name), true)) ?? false
  }

  get isDirectory(): boolean {
    return entryTypeOf(this.stat) === ENTRY_DIRECTORY
  }

  /** Whether something is mounted there. */
  get isMounted(): boolean {
    return this.isDirectory && this.stat.dev !== this.#directory!.stat().dev
  }

  get key(): bigint {
    return fileKey(this.stat)
  }

  /** Whether it may have changed since the commit began. A move changes the ctime. */
  get isRecent(): boolean {
    return isRecent(this.stat.ctime, this.#startedAt)
  }

  /**
   * Whether it is older than the commit. Where nobody knows when it was made, its content tells, and where a move may make a copy of it,
   * that as well: there what is unpacked meanwhile with its old times seems to have moved, too.
   */
  get wasThere(): boolean {
    const { btime, mtime } = this.stat
    const isBorn = isKnownTime(btime)
    const bornMs = toMs(isBorn ? btime : mtime)
    const madeMs = isBorn && this.#copying.hold(this.#directory!) ? Math.min(bornMs, toMs(mtime)) : bornMs
    return madeMs < this.#startedAt - TICK_MS
  }
}

function isKnownTime({ seconds, nanoseconds }: Timespec): boolean {
  return seconds !== 0 || nanoseconds !== 0
}

/** What an answer of the file system gives; undefined where it refuses, as it does when something is gone. */
export function unlessGone<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error
    return undefined
  }
}
