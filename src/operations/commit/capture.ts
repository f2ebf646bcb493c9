// The walk of a commit: lists directories, compares each name with what the catalog remembers, gives what changed to the worker
// threads, and makes a tree of each directory as soon as all in it is known. Main thread. SPEC §9.2.3.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { decodeEntry, ENTRY_DIRECTORY, type Entry } from '../../../format/tree.ts'
import type { DirectoryHandles } from '../../sources/filesystem/directory-handle.ts'
import { Scope, type ScopeRules } from '../../sources/filesystem/scope.ts'
import { type CaptureRoot, selectionOf } from '../../sources/filesystem/selection.ts'
import { isForgotten } from '../../sources/filesystem/stat-record.ts'
import { IMAGES, TypedDevices } from '../../sources/filesystem/typed-devices.ts'
import { nothingLeft, unreadableRoot } from '../../sources/filesystem/unreadable-root.ts'
import { DirectoryEntries, type DirectoryEntriesOptions } from './directory-entries.ts'
import { DirectoryLister, type ListerOptions } from './directory-lister.ts'
import { DirectoryNode } from './directory-node.ts'
import type { FileQueue } from './file-queue.ts'
import { MovedMeanwhile } from './moved-meanwhile.ts'
import type { CommitCounts } from './statistics.ts'
import { unlessAborted } from './unless-aborted.ts'
import { type Walk, WalkedFile } from './walked-file.ts'

export interface CaptureOptions extends ListerOptions, DirectoryEntriesOptions {
  readonly root: CaptureRoot
  /** The directories of the walk; whoever made them closes them when nobody reads any more. */
  readonly handles: DirectoryHandles
  readonly rules: ScopeRules
  /** Whether every file is read again, also those that look unchanged. */
  readonly rereads: boolean
  /** Whether it is a dry run: files are counted and not read, and it does not matter what moves meanwhile. */
  readonly readsNothing: boolean
  readonly queue: Pick<FileQueue, 'add' | 'room' | 'progress' | 'drain' | 'isFull'>
  readonly counts: CommitCounts
  readonly signal: AbortSignal | undefined
  /** Called now and then; throws when going on makes no sense. */
  readonly check: () => void
}

/** Directories between two turns of the event loop, in which results, segments and stored packs are taken in: many small steps. */
const DIRECTORIES_PER_TURN = 4

/** Walks a root and returns its entry, whose name is empty. After an error threads may still read through the handles. */
export async function capture(options: CaptureOptions): Promise<Entry> {
  const { root, handles, rules } = options
  const scope = Scope.at(rules, selectionOf(root.roots), '')
  return new Capture(options).run(new DirectoryNode(undefined, 0, handles.root(root.path, scope.isWay), '', scope))
}

class Capture {
  readonly #options: CaptureOptions
  readonly #walk: Walk
  /** Directories that hold others still to be visited, from the root down. */
  readonly #stack: DirectoryNode[] = []
  readonly #lister: DirectoryLister
  readonly #entries: DirectoryEntries
  readonly #images = new TypedDevices(IMAGES)
  readonly #moved: MovedMeanwhile | undefined
  #rootEntry: Uint8Array | undefined

  constructor(options: CaptureOptions) {
    this.#options = options
    this.#lister = new DirectoryLister(options)
    this.#entries = new DirectoryEntries(options)
    this.#moved = options.readsNothing ? undefined : new MovedMeanwhile(options)
    const { counts, problems, startedAt, readsNothing } = options
    this.#walk = { counts, problems, startedAt, readsNothing, finishOne: (node) => this.#finishOne(node) }
  }

  async run(root: DirectoryNode): Promise<Entry> {
    const { queue, signal, counts } = this.#options
    counts.directories++
    let node: DirectoryNode | undefined = root
    for (let visited = 1; node !== undefined; visited++, node = this.#next()) {
      signal?.throwIfAborted()
      this.#options.check()
      await this.#visit(node)
      while (this.#options.handles.isCrowded) await unlessAborted(queue.progress(), signal)
      if (queue.isFull) await this.#room()
      else if (visited % DIRECTORIES_PER_TURN === 0) await nextTurn()
    }
    await unlessAborted(queue.drain(), signal)
    signal?.throwIfAborted()
    this.#assertAnything()
    await this.#moved?.report(root.handle)
    return decodeEntry(this.#rootEntry!, { root: true })
  }

  /** A snapshot of nothing is a mistake, not a backup. */
  #assertAnything(): void {
    const { root, problems } = this.#options
    const losses = root.roots.map(({ at }) => problems.lossOf(at))
    if (losses.every((loss) => loss !== undefined)) throw nothingLeft(root, losses)
  }

  /** The next directory of the walk. It is made only now: one directory may hold very many. */
  #next(): DirectoryNode | undefined {
    for (let above = this.#stack.at(-1); above !== undefined; above = this.#stack.at(-1)) {
      const index = above.below.pop()
      if (index !== undefined) return this.#below(above, index)
      this.#stack.pop()
    }
    return undefined
  }

  async #visit(node: DirectoryNode): Promise<void> {
    try {
      this.#lister.list(node)
    } catch (error) {
      if (node.parent === undefined) throw unreadableRoot(this.#options.root.path, error)
      this.#lister.lose([node.path, ...node.scope.namedBelow(node.path)], error)
      this.#options.counts.remove(ENTRY_DIRECTORY, '', 0)
      node.handle.close()
      node.parent.changed = true
      node.parent.incomplete = true
      this.#moved?.unreadable(node.parent, node.index)
      this.#finishOne(node.parent)
      return
    }
    this.#moved?.listed(node)
    await this.#look(node)
    this.#finishOne(node)
  }

  /** Decides for each name: as it was, a directory to visit, or a file to read. */
  async #look(node: DirectoryNode): Promise<void> {
    const { queue, counts } = this.#options
    node.comparison = node.cached?.compare(node.names, node.stats)
    node.changed = node.comparison?.hasSameNames !== true || isForgotten(node.cached!.head.ownStat)
    if (this.#options.rereads || (node.comparison !== undefined && this.#images.hold(node.handle))) node.doubt()
    for (const [index, name] of node.names.entries()) {
      const type = node.typeOf(index)
      counts.add(type, name, node.stats.sizeBytes(index))
      if (type === ENTRY_DIRECTORY) node.below.push(index)
      else if (!node.isUnchanged(index)) {
        queue.add(new WalkedFile(this.#walk, node, index, node.comparison?.places[index] ?? -1))
        if (queue.isFull) await this.#room()
      } else node.regroup(index)
    }
    if (node.below.length === 0) return
    node.pending += node.below.length
    node.below.reverse()
    this.#stack.push(node)
  }

  async #room(): Promise<void> {
    const { queue, signal, check } = this.#options
    await unlessAborted(queue.room(), signal)
    check()
  }

  #below(node: DirectoryNode, index: number): DirectoryNode {
    const name = node.names[index]!
    const path = node.pathOf(name)
    const scope = node.scope.below(path, name)
    return new DirectoryNode(node, index, node.handle.child(Buffer.from(name, 'latin1'), scope.isWay), path, scope)
  }

  /** One thing less to wait for; makes the tree of every directory that is complete by that, up to the root. */
  #finishOne(from: DirectoryNode): void {
    for (let node = from; --node.pending === 0; ) {
      const entry = this.#entries.of(node)
      const { parent, index } = node
      this.#moved?.captured(node)
      node.release()
      if (parent === undefined) {
        this.#rootEntry = entry
        return
      }
      node.handle.close()
      parent.putEntry(index, entry)
      node = parent
    }
  }
}
