// A directory while it is captured: its names, what is known of each, and how many are still being read.

import type { EntryType } from '../../../format/tree.ts'
import type { EncodedEntry } from '../../repository/objects/tree-writer.ts'
import type { DirectoryHandle } from '../../sources/filesystem/directory-handle.ts'
import type { Selection } from '../../sources/filesystem/selection.ts'
import { StatRecords } from '../../sources/filesystem/stat-record.ts'
import { type CachedDirectory, encodeCachedDirectory } from './cached-directory.ts'
import type { EntryXattr } from './xattrs.ts'

const NO_RECORDS = new StatRecords(0)
const EMPTY = Buffer.alloc(0)

export class DirectoryNode {
  readonly parent: DirectoryNode | undefined
  /** Position among the parent's names. */
  readonly index: number
  readonly handle: DirectoryHandle
  /** Path below the root of the snapshot, as latin1 text; empty for the root. */
  readonly path: string
  readonly selection: Selection
  names: readonly string[] = []
  stats = NO_RECORDS
  types: EntryType[] = []
  /** Encoded entries by position, or their places in `cached`; undefined while they are read, and for what could not be read. */
  entries: (Uint8Array | number | undefined)[] = []
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

  /** The encoded entry of a name; undefined when there is none. */
  #entryAt(index: number): Uint8Array | undefined {
    const entry = this.entries[index]
    return typeof entry === 'number' ? this.cached!.entryAt(entry) : entry
  }

  /** The entries that there are, sorted by name as the names are. */
  *encoded(): Generator<EncodedEntry> {
    for (const [index, name] of this.names.entries()) {
      const bytes = this.#entryAt(index)
      if (bytes !== undefined) yield { name: Buffer.from(name, 'latin1'), bytes }
    }
  }

  /** The catalog's row for this directory. Directories below have rows of their own, so their entries are left out. */
  row(ownStat: Buffer, ownEntry: Buffer, isDirectory: (type: EntryType) => boolean): Buffer {
    const own = this.names.map((_, index) => (isDirectory(this.types[index]!) ? EMPTY : (this.#entryAt(index) ?? EMPTY)))
    return encodeCachedDirectory({
      ownStat,
      ownEntry,
      names: this.names.join('/'),
      stats: this.stats.bytes(this.names.length),
      lengths: Uint32Array.from(own, (bytes) => bytes.length),
      entries: own,
    })
  }

  /** Frees what is no longer needed once the directory's own entry is made. */
  release(): void {
    this.names = []
    this.entries = []
    this.types = []
    this.stats = NO_RECORDS
    this.cached = undefined
  }
}
