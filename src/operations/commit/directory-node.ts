// A directory while it is captured: its names, what is known of each, and how many are still being read.

import type { EntryType } from '../../../format/tree.ts'
import type { EncodedEntry } from '../../repository/objects/tree-writer.ts'
import type { DirectoryHandle } from '../../sources/filesystem/directory-handle.ts'
import type { Selection } from '../../sources/filesystem/selection.ts'
import { STAT_RECORD_BYTES } from '../../sources/filesystem/stat-record.ts'
import { type CachedDirectory, encodeCachedDirectory } from './cached-directory.ts'
import type { EntryXattr } from './xattrs.ts'

export class DirectoryNode {
  readonly parent: DirectoryNode | undefined
  /** Position among the parent's names. */
  readonly index: number
  readonly handle: DirectoryHandle
  /** Path below the root of the snapshot, as latin1 text; empty for the root. */
  readonly path: string
  readonly selection: Selection
  names: readonly string[] = []
  stats: Buffer = Buffer.alloc(0)
  types: EntryType[] = []
  /** Encoded entries by position; undefined while they are read, and for what could not be read. */
  entries: (Uint8Array | undefined)[] = []
  /** How many names are still being read, one more while the names are being listed. */
  pending = 1
  cached: CachedDirectory | undefined
  /** Its extended attributes, once they are read. */
  xattrs: readonly EntryXattr[] | undefined
  /** Whether anything in it differs from the cached state. */
  changed = false
  /** Whether something of it could not be captured, so that the next commit must not take it for unchanged. */
  incomplete = false

  constructor(parent: DirectoryNode | undefined, index: number, handle: DirectoryHandle, path: string, selection: Selection) {
    this.parent = parent
    this.index = index
    this.handle = handle
    this.path = path
    this.selection = selection
  }

  get name(): Buffer {
    return Buffer.from(this.path.slice(this.path.lastIndexOf('/') + 1), 'latin1')
  }

  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}/${name}`
  }

  statOf(index: number): Buffer {
    return this.stats.subarray(STAT_RECORD_BYTES * index, STAT_RECORD_BYTES * (index + 1))
  }

  /** The entries that there are, sorted by name as the names are. */
  *encoded(): Generator<EncodedEntry> {
    for (const [index, bytes] of this.entries.entries()) {
      if (bytes !== undefined) yield { name: Buffer.from(this.names[index]!, 'latin1'), bytes }
    }
  }

  /** The catalog's row for this directory. Directories below have rows of their own, so their entries are left out. */
  row(ownStat: Buffer, ownEntry: Buffer, isDirectory: (type: EntryType) => boolean): Buffer {
    const own = this.entries.map((bytes, index) => (bytes === undefined || isDirectory(this.types[index]!) ? EMPTY : bytes))
    return encodeCachedDirectory({
      ownStat,
      ownEntry,
      names: this.names.join('/'),
      stats: this.stats,
      lengths: Uint32Array.from(own, (bytes) => bytes.length),
      entries: own,
    })
  }

  /** Frees what is no longer needed once the directory's own entry is made. */
  release(): void {
    this.names = []
    this.entries = []
    this.types = []
    this.stats = EMPTY
    this.cached = undefined
  }
}

const EMPTY = Buffer.alloc(0)
