// What a directory holds, as the walk of a commit sees it: the names that are captured, each with its type and stat record.

import { ENTRY_DIRECTORY, type EntryType } from '../../../format/tree.ts'
import { StatBuffer } from '../../runtime/posix/stat-buffer.ts'
import { entryTypeOf, linkGroup } from '../../sources/filesystem/entry.ts'
import type { OwnDirectory } from '../../sources/filesystem/own-directory.ts'
import { StatRecords } from '../../sources/filesystem/stat-record.ts'
import { CachedDirectory, type CaptureCache } from './cached-directory.ts'
import type { DirectoryNode } from './directory-node.ts'
import { saltOf } from './key-set.ts'
import type { Problems } from './problems.ts'

export interface ListerOptions {
  /** The store that the capture goes into. */
  readonly own: OwnDirectory
  readonly cache: CaptureCache | undefined
  readonly problems: Problems
}

const NO_WAY = Object.assign(new Error('what led there is no directory any more'), { code: 'ENOTDIR' })

export class DirectoryLister {
  readonly #options: ListerOptions
  readonly #stat = new StatBuffer()

  constructor(options: ListerOptions) {
    this.#options = options
  }

  /** Reads the names that are captured, sorted, with the stat record and type of each, and what is remembered of it. */
  list(node: DirectoryNode): void {
    const fd = node.handle.fd()
    const names = node.scope.names(node.handle, (error) => {
      node.incomplete = true
      this.#options.problems.addError(node.path, error)
    })
    node.stats = new StatRecords(names.length)
    node.types = new Uint8Array(names.length)
    let kept = 0
    for (const name of names) {
      const type = this.#statInto(node, fd, name, kept)
      if (type === undefined) continue
      node.types[kept] = type
      names[kept++] = name
    }
    names.length = kept
    node.names = names
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
      noteDevice(node, index, stat.dev)
      if (stat.nlink > 1 && type !== ENTRY_DIRECTORY) (node.links ??= new Map()).set(index, linkGroup(stat))
      return type
    } catch (error) {
      const path = node.pathOf(name)
      this.lose([path, ...node.scope.namedBelow(path, name)], error)
      return undefined
    }
  }

  #isLeftOut(node: DirectoryNode, name: string, isDirectory: boolean): boolean {
    const path = node.pathOf(name)
    if (!isDirectory) this.lose(node.scope.namedBelow(path, name), NO_WAY)
    return node.scope.leavesOut(path, name, isDirectory)
  }

  /** Notes paths that cannot be captured. */
  lose(paths: readonly string[], error: unknown): void {
    for (const path of paths) this.#options.problems.addError(path, error)
  }
}

/** In an overlay of several file systems the files of one directory have the inodes of each; and a file may be mounted by itself. */
function noteDevice(node: DirectoryNode, index: number, device: number): void {
  const own = node.handle.stat().dev
  if (device === own && node.salts === undefined) return
  node.salts ??= new Uint32Array(node.types.length).fill(saltOf(own))
  node.salts[index] = saltOf(device)
}
