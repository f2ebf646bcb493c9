// The entry of a directory itself, once all in it is known: its tree is stored, unless it is the one that the catalog remembers.

import { decodeEntry, ENTRY_DIRECTORY, type Entry, encodeEntry } from '../../../format/tree.ts'
import type { PutChunk } from '../../repository/objects/stream-writer.ts'
import { storeTree } from '../../repository/objects/tree-writer.ts'
import type { FileStat } from '../../runtime/posix/file-stat.ts'
import { entryOf } from '../../sources/filesystem/entry.ts'
import { StatRecords } from '../../sources/filesystem/stat-record.ts'
import type { CaptureCache } from './cached-directory.ts'
import type { DirectoryNode } from './directory-node.ts'
import { readDirectoryXattrs } from './directory-xattrs.ts'
import type { Problems } from './problems.ts'

export interface DirectoryEntriesOptions {
  readonly putTree: PutChunk
  readonly putData: (bytes: Uint8Array) => Uint8Array
  readonly cache: CaptureCache | undefined
  /** Wall clock at the start, in milliseconds: what changed since may have changed unseen. */
  readonly startedAt: number
  readonly problems: Problems
}

export class DirectoryEntries {
  readonly #options: DirectoryEntriesOptions

  constructor(options: DirectoryEntriesOptions) {
    this.#options = options
  }

  /** The encoded entry of a directory whose content is known. The directory above hears whether it is another one than before. */
  of(node: DirectoryNode): Uint8Array {
    const { cached, parent } = node
    const stat = node.handle.stat()
    const own = new StatRecords(1)
    own.put(0, stat)
    node.isRecent = own.isRacy(0, this.#options.startedAt)
    if (cached !== undefined && !node.changed && own.equals(0, cached.head.ownStat, 0)) return cached.head.ownEntry
    if (parent !== undefined) parent.changed = true
    const form = { root: parent === undefined }
    const isSame = cached !== undefined && !node.changed
    const content = isSame ? decodeEntry(cached.head.ownEntry, form).content! : storeTree(node.encoded(), this.#options.putTree)
    const ownEntry = encodeEntry({ ...this.#ownEntry(node, stat), content }, form)
    if (node.incomplete || node.isRecent) own.forget(0)
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
