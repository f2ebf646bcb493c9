// The walk of a commit: lists directories, compares each name with what the catalog remembers, gives what changed to the worker
// threads, and makes a tree of each directory as soon as all in it is known. Main thread. SPEC §9.2.3.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { decodeEntry, ENTRY_DIRECTORY, type Entry, type EntryType, encodeEntry } from '../../../format/tree.ts'
import { type PutChunk } from '../../repository/objects/stream-writer.ts'
import { storeTree } from '../../repository/objects/tree-writer.ts'
import type { FileStat } from '../../runtime/posix/file-stat.ts'
import { StatBuffer } from '../../runtime/posix/stat-buffer.ts'
import type { DirectoryHandles } from '../../sources/filesystem/directory-handle.ts'
import { entryOf, entryTypeOf, linkGroup } from '../../sources/filesystem/entry.ts'
import type { OwnDirectory } from '../../sources/filesystem/own-directory.ts'
import { Scope, type ScopeRules } from '../../sources/filesystem/scope.ts'
import { type CaptureRoot, selectionOf } from '../../sources/filesystem/selection.ts'
import { isForgotten, StatRecords } from '../../sources/filesystem/stat-record.ts'
import { nothingLeft, unreadableRoot } from '../../sources/filesystem/unreadable-root.ts'
import { CachedDirectory, type CaptureCache } from './cached-directory.ts'
import { DirectoryNode } from './directory-node.ts'
import { readDirectoryXattrs } from './directory-xattrs.ts'
import type { FileQueue } from './file-queue.ts'
import type { Problems } from './problems.ts'
import type { CommitCounts } from './statistics.ts'
import { unlessAborted } from './unless-aborted.ts'
import { type Walk, WalkedFile } from './walked-file.ts'

export interface CaptureOptions {
  readonly root: CaptureRoot
  /** The directories of the walk; whoever made them closes them when nobody reads any more. */
  readonly handles: DirectoryHandles
  readonly rules: ScopeRules
  /** The store that the capture goes into. */
  readonly own: OwnDirectory
  /** Wall clock at the start, in milliseconds: what changed since may have changed unseen. */
  readonly startedAt: number
  readonly cache: CaptureCache | undefined
  readonly queue: Pick<FileQueue, 'add' | 'room' | 'progress' | 'drain' | 'isFull'>
  readonly putTree: PutChunk
  readonly putData: (bytes: Uint8Array) => Uint8Array
  readonly counts: CommitCounts
  readonly problems: Problems
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

const NO_WAY = Object.assign(new Error('what led there is no directory any more'), { code: 'ENOTDIR' })

class Capture {
  readonly #options: CaptureOptions
  readonly #walk: Walk
  /** Directories that hold others still to be visited, from the root down. */
  readonly #stack: DirectoryNode[] = []
  readonly #stat = new StatBuffer()
  #rootEntry: Uint8Array | undefined

  constructor(options: CaptureOptions) {
    this.#options = options
    const { counts, problems, startedAt } = options
    this.#walk = { counts, problems, startedAt, finishOne: (node) => this.#finishOne(node) }
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
    if (this.#options.root.roots.every(({ at }) => this.#options.problems.isVanished(at))) throw nothingLeft(this.#options.root)
    return decodeEntry(this.#rootEntry!, { root: true })
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
      this.#list(node)
    } catch (error) {
      if (node.parent === undefined) throw unreadableRoot(this.#options.root.path, error)
      this.#lose([node.path, ...node.scope.namedBelow(node.path)], error)
      this.#options.counts.remove(ENTRY_DIRECTORY, '', 0)
      node.handle.close()
      node.parent.changed = true
      node.parent.incomplete = true
      this.#finishOne(node.parent)
      return
    }
    await this.#look(node)
    this.#finishOne(node)
  }

  /** Reads the names that are captured, sorted, with the stat record and type of each. */
  #list(node: DirectoryNode): void {
    const fd = node.handle.fd()
    const names = node.scope.names(node.handle, (error) => {
      node.incomplete = true
      this.#options.problems.addError(node.path, error)
    })
    const kept: string[] = []
    node.stats = new StatRecords(names.length)
    for (const name of names) {
      const type = this.#statInto(node, fd, name, kept.length)
      if (type === undefined) continue
      node.types.push(type)
      kept.push(name)
    }
    node.names = kept
    node.cached = this.#options.cache && CachedDirectory.read(this.#options.cache, node.path)
  }

  #statInto(node: DirectoryNode, fd: number, name: string, index: number): EntryType | undefined {
    const stat = this.#stat
    try {
      stat.readLatin1At(fd, name)
      const type = entryTypeOf(stat)
      if (!node.scope.isWhole && this.#isLeftOut(node, name, type === ENTRY_DIRECTORY)) return undefined
      if (type === ENTRY_DIRECTORY && this.#options.own.is(stat)) {
        this.#options.own.note(node.pathOf(name))
        return undefined
      }
      if (type === undefined) this.#options.problems.add(node.pathOf(name), 'unsupported', 'a file of an unknown type')
      node.stats.put(index, stat)
      if (stat.nlink > 1 && type !== ENTRY_DIRECTORY) (node.links ??= new Map()).set(index, linkGroup(stat))
      return type
    } catch (error) {
      const path = node.pathOf(name)
      this.#lose([path, ...node.scope.namedBelow(path, name)], error)
      return undefined
    }
  }

  #isLeftOut(node: DirectoryNode, name: string, isDirectory: boolean): boolean {
    const path = node.pathOf(name)
    if (!isDirectory) this.#lose(node.scope.namedBelow(path, name), NO_WAY)
    return node.scope.leavesOut(path, name, isDirectory)
  }

  #lose(paths: readonly string[], error: unknown): void {
    for (const path of paths) this.#options.problems.addError(path, error)
  }

  /** Decides for each name: as it was, a directory to visit, or a file to read. */
  async #look(node: DirectoryNode): Promise<void> {
    const { queue, counts } = this.#options
    node.comparison = node.cached?.compare(node.names, node.stats)
    node.changed = node.comparison?.hasSameNames !== true || isForgotten(node.cached!.head.ownStat)
    for (const [index, name] of node.names.entries()) {
      const type = node.types[index]!
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
      const entry = this.#entryOf(node)
      const { parent, index } = node
      node.release()
      node.handle.close()
      if (parent === undefined) {
        this.#rootEntry = entry
        return
      }
      parent.putEntry(index, entry)
      node = parent
    }
  }

  #entryOf(node: DirectoryNode): Uint8Array {
    const { cached, parent } = node
    const stat = node.handle.stat()
    const own = new StatRecords(1)
    own.put(0, stat)
    if (cached !== undefined && !node.changed && own.equals(0, cached.head.ownStat, 0)) return cached.head.ownEntry
    if (parent !== undefined) parent.changed = true
    const form = { root: parent === undefined }
    const isSame = cached !== undefined && !node.changed
    const content = isSame ? decodeEntry(cached.head.ownEntry, form).content! : storeTree(node.encoded(), this.#options.putTree)
    const ownEntry = encodeEntry({ ...this.#ownEntry(node, stat), content }, form)
    if (node.incomplete || own.isRacy(0, this.#options.startedAt)) own.forget(0)
    if (this.#options.cache !== undefined) node.remember(this.#options.cache, own.bytes(0, 1), ownEntry)
    return ownEntry
  }

  #ownEntry(node: DirectoryNode, stat: FileStat): Entry {
    const { xattrs, problem } = readDirectoryXattrs(node.handle, this.#options.putData)
    if (problem !== undefined) {
      node.incomplete = true
      this.#options.problems.add(node.path, 'metadata', problem)
    }
    return { ...entryOf(node.name, ENTRY_DIRECTORY, stat), ...(xattrs.length > 0 && { xattrs }) }
  }
}
