// A second look into directories that were listed: what of it was there before the commit, and was captured under no name.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { ENTRY_DIRECTORY } from '../../../format/tree.ts'
import type { Timespec } from '../../runtime/posix/file-stat.ts'
import { StatBuffer } from '../../runtime/posix/stat-buffer.ts'
import type { DirectoryHandle } from '../../sources/filesystem/directory-handle.ts'
import { entryTypeOf } from '../../sources/filesystem/entry.ts'
import { isTaggedCache } from '../../sources/filesystem/excludes.ts'
import type { OwnDirectory } from '../../sources/filesystem/own-directory.ts'
import { Scope, type ScopeRules } from '../../sources/filesystem/scope.ts'
import { type CaptureRoot, type Selection, selectionOf } from '../../sources/filesystem/selection.ts'
import { isRecent, toMs } from '../../sources/filesystem/stat-record.ts'
import { isSystemError } from '../../sources/filesystem/system-error.ts'
import { COPYING, TypedDevices } from '../../sources/filesystem/typed-devices.ts'
import { fileKey, type KeySet } from './key-set.ts'
import type { Problems } from './problems.ts'

export interface SecondLookOptions {
  readonly root: CaptureRoot
  readonly rules: ScopeRules
  readonly own: OwnDirectory
  readonly problems: Problems
  /** Wall clock at the start, in milliseconds. */
  readonly startedAt: number
  readonly signal: AbortSignal | undefined
  /** Called now and then; throws when going on makes no sense. */
  readonly check: () => void
}

const STEPS_PER_TURN = 128
/** The clock that dates files stands still between two ticks. */
const TICK_MS = 10
const MESSAGE = 'was moved here while the commit went on: it may be missing from this snapshot'

export class SecondLook {
  readonly #options: SecondLookOptions
  readonly #selection: Selection
  readonly #captured: KeySet
  /** Of the name that was asked for last. */
  readonly #stat = new StatBuffer()
  readonly #copying = new TypedDevices(COPYING)
  #steps = 0

  /** @param captured the keys of all that was captured */
  constructor(options: SecondLookOptions, captured: KeySet) {
    this.#options = options
    this.#selection = selectionOf(options.root.roots)
    this.#captured = captured
  }

  /** Whether a name still leads to the directory with this key. */
  isStill(above: DirectoryHandle, name: string, key: bigint): boolean {
    return this.#ask(above, name) && this.#isDirectory && fileKey(this.#stat) === key
  }

  /** Whether what was asked for last may have changed since the commit began. A move changes the ctime. */
  get isRecent(): boolean {
    return isRecent(this.#stat.ctime, this.#options.startedAt)
  }

  /**
   * Looks for what was moved into a directory, and into those that are new in it or have moved with it: there everything is looked into,
   * since what is deep in it may have changed alone. Captured directories are put into `unreached` instead, if that is given.
   */
  async into(directory: DirectoryHandle, path: string, unreached?: Set<string>): Promise<void> {
    const scope = Scope.at(this.#options.rules, this.#selection, path)
    for (const name of this.#namesIn(directory)) {
      await this.step()
      if (!this.#ask(directory, name) || this.#isUnmoved(directory)) continue
      const place = pathOf(path, name)
      const isCaptured = this.#isCaptured(directory)
      if ((isCaptured && !this.#isDirectory) || this.#isLeftOut(scope, place, name)) continue
      if (!isCaptured && this.#wasThere(directory)) this.#options.problems.add(place, 'changed', MESSAGE)
      else if (this.#isDirectory && isCaptured && unreached !== undefined) unreached.add(name)
      else if (this.#isDirectory) await this.below(directory, path, name)
    }
  }

  /** Looks into a directory in the one at `path`, and into all below it. */
  async below(directory: DirectoryHandle, path: string, name: string): Promise<void> {
    const below = directory.child(Buffer.from(name, 'latin1'))
    await this.into(below, pathOf(path, name))
    below.close()
  }

  #namesIn(directory: DirectoryHandle): readonly string[] {
    const names = unlessGone(() => directory.names()) ?? []
    return this.#options.rules.excludeCaches === true && names.length > 0 && isTaggedCache(directory.fd(), names) ? [] : names
  }

  /** Asks for the metadata of a name; false when it is gone. */
  #ask(directory: DirectoryHandle, name: string): boolean {
    return unlessGone(() => (this.#stat.readLatin1At(directory.fd(), name), true)) ?? false
  }

  get #isDirectory(): boolean {
    return entryTypeOf(this.#stat) === ENTRY_DIRECTORY
  }

  #isCaptured(directory: DirectoryHandle): boolean {
    const { ino, dev } = this.#isDirectory ? this.#stat : { ino: this.#stat.ino, dev: directory.stat().dev }
    return this.#captured.has(fileKey({ ino, dev }))
  }

  /** Whether what was asked for did not move. A captured directory that looks so may have moved with one above, and changed below. */
  #isUnmoved(directory: DirectoryHandle): boolean {
    if (!this.#isDirectory) return !this.isRecent
    const isMounted = this.#stat.dev !== directory.stat().dev
    if (isMounted && this.#options.rules.oneFileSystem === true) return true
    return (isMounted || !this.isRecent) && !this.#isCaptured(directory)
  }

  #isLeftOut(scope: Scope, place: string, name: string): boolean {
    return (this.#isDirectory && this.#options.own.is(this.#stat)) || scope.leavesOut(place, name, this.#isDirectory)
  }

  /**
   * Whether what was asked for is older than the commit. Where nobody knows when it was made, its content tells, and where a move may make
   * a copy of it, that as well: there what is unpacked meanwhile with its old times seems to have moved, too.
   */
  #wasThere(directory: DirectoryHandle): boolean {
    const { btime, mtime } = this.#stat
    const isBorn = isKnownTime(btime)
    const bornMs = toMs(isBorn ? btime : mtime)
    const madeMs = isBorn && this.#copying.hold(directory) ? Math.min(bornMs, toMs(mtime)) : bornMs
    return madeMs < this.#options.startedAt - TICK_MS
  }

  /** To be awaited for each name. @throws when the commit is cancelled, or makes no sense any more */
  async step(): Promise<void> {
    if (++this.#steps % STEPS_PER_TURN !== 0) return
    await nextTurn()
    this.#options.signal?.throwIfAborted()
    this.#options.check()
  }
}

function pathOf(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`
}

function isKnownTime({ seconds, nanoseconds }: Timespec): boolean {
  return seconds !== 0 || nanoseconds !== 0
}

function unlessGone<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch (error) {
    if (!isSystemError(error)) throw error
    return undefined
  }
}
