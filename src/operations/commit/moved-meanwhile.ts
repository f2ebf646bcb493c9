// A file that moves out of a directory before the walk lists it, into one that the walk has listed, is in neither: it was there all the
// time, and the snapshot lacks it. Such a move changes the directory that it leaves, so the walk sees that one may have happened; then it
// goes over the directories that changed once more, for what was there before the commit and was captured nowhere.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { ENTRY_DIRECTORY } from '../../../format/tree.ts'
import type { Timespec } from '../../runtime/posix/file-stat.ts'
import { StatBuffer } from '../../runtime/posix/stat-buffer.ts'
import { systemCodeOf } from '../../runtime/posix/system-code.ts'
import type { DirectoryHandle } from '../../sources/filesystem/directory-handle.ts'
import { entryTypeOf } from '../../sources/filesystem/entry.ts'
import { isTaggedCache } from '../../sources/filesystem/excludes.ts'
import type { OwnDirectory } from '../../sources/filesystem/own-directory.ts'
import { Scope, type ScopeRules } from '../../sources/filesystem/scope.ts'
import { type CaptureRoot, type Selection, selectionOf } from '../../sources/filesystem/selection.ts'
import { isRecent, toMs } from '../../sources/filesystem/stat-record.ts'
import { CapturedInodes } from './captured-inodes.ts'
import type { DirectoryNode } from './directory-node.ts'
import type { Problems } from './problems.ts'
import { WalkedDirectories, type WalkedDirectory } from './walked-directories.ts'

export interface MovedMeanwhileOptions {
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

export class MovedMeanwhile {
  readonly #options: MovedMeanwhileOptions
  readonly #selection: Selection
  readonly #directories = new WalkedDirectories()
  readonly #inodes = new CapturedInodes()
  readonly #stat = new StatBuffer()
  #isLikely = false
  #steps = 0

  constructor(options: MovedMeanwhileOptions) {
    this.#options = options
    this.#selection = selectionOf(options.root.roots)
  }

  /** Takes note of a directory whose names are known; of the one above before. */
  listed({ depth, path, scope, incomplete }: DirectoryNode): void {
    this.#directories.add({ depth, name: path.slice(path.lastIndexOf('/') + 1), isWhole: scope.isListed && !incomplete })
  }

  /** Takes note of a directory in which everything was read, before that is released. */
  captured({ handle, names, types, stats, isRecent }: DirectoryNode): void {
    const own = handle.stat()
    this.#inodes.addOne(own)
    for (let index = 0; index < names.length; index++) if (types[index] !== ENTRY_DIRECTORY) this.#inodes.add(stats, index, own.dev)
    this.#isLikely ||= isRecent
  }

  /** Records what was moved and is not captured. To be called once, when all that is captured was noted. */
  async report(root: DirectoryHandle): Promise<void> {
    if (!this.#isLikely) return
    /** The directories that lead to the present one; undefined for one that is gone. */
    const way: (DirectoryHandle | undefined)[] = []
    for (const directory of this.#directories) {
      await this.#step()
      for (const left of way.splice(directory.depth)) left?.close()
      const isRoot = directory.depth === 0
      const handle = isRoot ? root : this.#below(way.at(-1), directory)
      way.push(handle)
      if (handle !== undefined && directory.isWhole && (isRoot || this.#hasChanged())) await this.#look(handle, directory.path)
    }
  }

  #below(above: DirectoryHandle | undefined, { name, isWhole }: WalkedDirectory): DirectoryHandle | undefined {
    if (above === undefined || !this.#ask(above, name) || !this.#isDirectory) return undefined
    return above.child(Buffer.from(name, 'latin1'), !isWhole)
  }

  /** Whether the directory that was asked for changed, and was captured: one that was not is found in the directory above. */
  #hasChanged(): boolean {
    const { ctime, ino, dev } = this.#stat
    return isRecent(ctime, this.#options.startedAt) && this.#inodes.has(ino, dev)
  }

  /** Looks for what was moved into a directory, or into one that was made in it meanwhile. */
  async #look(directory: DirectoryHandle, path: string): Promise<void> {
    const scope = Scope.at(this.#options.rules, this.#selection, path)
    for (const name of this.#namesIn(directory)) {
      await this.#step()
      const place = path === '' ? name : `${path}/${name}`
      if (!this.#ask(directory, name) || this.#isKnown(directory) || this.#isLeftOut(scope, place, name)) continue
      if (this.#wasThere()) this.#options.problems.add(place, 'changed', MESSAGE)
      else if (this.#isDirectory) await this.#lookBelow(directory, name, place)
    }
  }

  async #lookBelow(directory: DirectoryHandle, name: string, place: string): Promise<void> {
    const below = directory.child(Buffer.from(name, 'latin1'))
    await this.#look(below, place)
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

  /** Whether what was asked for was captured, under this name or another one, or was not moved: a move changes the ctime. */
  #isKnown(directory: DirectoryHandle): boolean {
    const { ctime, ino, dev } = this.#stat
    const parent = directory.stat()
    const isMounted = this.#isDirectory && dev !== parent.dev
    return isMounted || !isRecent(ctime, this.#options.startedAt) || this.#inodes.has(ino, parent.dev)
  }

  #isLeftOut(scope: Scope, place: string, name: string): boolean {
    return (this.#isDirectory && this.#options.own.is(this.#stat)) || scope.leavesOut(place, name, this.#isDirectory)
  }

  /** Whether what was asked for is older than the commit; where nobody knows when it was made, its content tells. */
  #wasThere(): boolean {
    const { btime, mtime } = this.#stat
    return toMs(isKnownTime(btime) ? btime : mtime) < this.#options.startedAt - TICK_MS
  }

  async #step(): Promise<void> {
    if (++this.#steps % STEPS_PER_TURN !== 0) return
    await nextTurn()
    this.#options.signal?.throwIfAborted()
    this.#options.check()
  }
}

function isKnownTime({ seconds, nanoseconds }: Timespec): boolean {
  return seconds !== 0 || nanoseconds !== 0
}

function unlessGone<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error
    return undefined
  }
}
