// A directory while it is captured: its names, what is known of each, and how many are still being read.

import { equalBytes } from '../../../format/bytes.ts'
import { decodeEntry, ENTRY_DIRECTORY, type EntryType, encodeEntry } from '../../../format/tree.ts'
import type { EncodedEntry } from '../../repository/objects/tree-writer.ts'
import type { DirectoryHandle } from '../../sources/filesystem/directory-handle.ts'
import type { Scope } from '../../sources/filesystem/scope.ts'
import { StatRecords } from '../../sources/filesystem/stat-record.ts'
import type { CachedDirectory, CaptureCache, Comparison } from './cached-directory.ts'
import { checksumOf, encodeFirstRow, encodeFurtherRow, type NewPart, PART_NAMES, partCount } from './directory-row.ts'
import { EntryStore } from './entry-store.ts'
import type { EntryXattr } from './xattrs.ts'

const NO_RECORDS = new StatRecords(0)
const NO_TYPES = new Uint8Array()
const EMPTY = Buffer.alloc(0)

export class DirectoryNode {
  readonly parent: DirectoryNode | undefined
  /** How far it is below the root. */
  readonly depth: number
  /** Position among the parent's names. */
  readonly index: number
  readonly handle: DirectoryHandle
  /** Path below the root of the snapshot, as latin1 text; empty for the root. */
  readonly path: string
  readonly scope: Scope
  names: readonly string[] = []
  stats = NO_RECORDS
  /** An `EntryType` for each name. */
  types = NO_TYPES
  /** What `saltOf` makes of the device of each name, where one is on another device than the directory. */
  salts: Uint32Array | undefined
  /** Positions of the directories in it that are not visited yet, the next one last. */
  readonly below: number[] = []
  /** The link groups of files with several names, by position. */
  links: Map<number, Uint8Array> | undefined
  /** How many names are still being read, one more while the names are being listed. */
  pending = 1
  cached: CachedDirectory | undefined
  /** How the names stand to those of `cached`. */
  comparison: Comparison | undefined
  /** What was taken for unchanged, as `comparison` had it, until that was doubted. */
  #doubted: Uint8Array | undefined
  /** Entries that `cached` does not give. */
  #entries: EntryStore | undefined
  /** Its extended attributes, once they are read. */
  xattrs: readonly EntryXattr[] | undefined
  /** Whether anything in it differs from the cached state. */
  changed = false
  /** Whether something of it could not be captured, so that the next commit must not take it for unchanged. */
  incomplete = false
  /** Whether it changed while the commit went on, or shortly before. */
  isRecent = false
  /** Whether a name led to another file when that was read than when it was listed: what it led to before may be elsewhere by now. */
  hasReplaced = false

  constructor(parent: DirectoryNode | undefined, index: number, handle: DirectoryHandle, path: string, scope: Scope) {
    this.parent = parent
    this.depth = parent === undefined ? 0 : parent.depth + 1
    this.index = index
    this.handle = handle
    this.path = path
    this.scope = scope
  }

  get name(): Buffer {
    return Buffer.from(this.path.slice(this.path.lastIndexOf('/') + 1), 'latin1')
  }

  typeOf(index: number): EntryType {
    return this.types[index] as EntryType
  }

  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}/${name}`
  }

  /** Whether an entry was captured before, of a file that has not changed. */
  isUnchanged(index: number): boolean {
    return this.comparison?.unchanged[index] === 1
  }

  /** Takes nothing in it for unchanged, whatever the stat records say. */
  doubt(): void {
    this.changed = true
    this.#doubted = this.comparison?.unchanged.slice()
    this.comparison?.unchanged.fill(0)
  }

  /** Whether an entry is read again though its file seems to be the same. */
  isDoubted(index: number): boolean {
    return this.#doubted?.[index] === 1
  }

  /** Makes the entry of an unchanged file anew where its link group is another one by now: the number of a device may change with every boot. */
  regroup(index: number): void {
    const link = this.links?.get(index)
    if (link === undefined) return
    const entry = decodeEntry(this.#entryAt(index)!)
    if (entry.link !== undefined && equalBytes(entry.link, link)) return
    this.putEntry(index, encodeEntry({ ...entry, link }))
    this.comparison!.unchanged[index] = 0
    this.changed = true
  }

  /** Takes the encoded entry of a name. */
  putEntry(index: number, entry: Uint8Array): void {
    this.#entries ??= new EntryStore(this.names.length)
    this.#entries.put(index, entry)
  }

  /** The encoded entry of a name; undefined while it is read, and when it could not be read. */
  #entryAt(index: number): Uint8Array | undefined {
    return this.isUnchanged(index) ? this.cached!.entryAt(this.comparison!.places[index]!) : this.#entries?.get(index)
  }

  /** The entries that there are, sorted by name as the names are. */
  *encoded(): Generator<EncodedEntry> {
    for (const [index, name] of this.names.entries()) {
      const bytes = this.#entryAt(index)
      if (bytes !== undefined) yield { name, bytes }
    }
  }

  /** Gives the catalog its rows. Directories below have rows of their own, so their entries are left out. */
  remember(cache: CaptureCache, ownStat: Buffer, ownEntry: Buffer): void {
    const count = partCount(this.names.length)
    const checksums: Buffer[] = []
    for (let number = 1; number < count; number++) {
      const row = encodeFurtherRow(this.#part(number))
      checksums.push(checksumOf(row))
      cache.put(this.path, number, row)
    }
    cache.put(this.path, 0, encodeFirstRow({ ownStat, ownEntry, checksums: Buffer.concat(checksums) }, this.#part(0)))
    if (this.cached !== undefined && this.cached.partCount > count) cache.cut(this.path, count)
  }

  #part(number: number): NewPart {
    const from = number * PART_NAMES
    const end = Math.min(from + PART_NAMES, this.names.length)
    const entries: Uint8Array[] = []
    for (let index = from; index < end; index++) {
      entries.push(this.types[index] === ENTRY_DIRECTORY ? EMPTY : (this.#entryAt(index) ?? EMPTY))
    }
    return {
      names: this.names.slice(from, end).join('/'),
      stats: this.stats.bytes(from, end),
      lengths: Uint32Array.from(entries, (bytes) => bytes.length),
      entries,
    }
  }

  /** Frees what is no longer needed once the directory's own entry is made. */
  release(): void {
    this.names = []
    this.#entries = undefined
    this.types = NO_TYPES
    this.salts = undefined
    this.stats = NO_RECORDS
    this.links = undefined
    this.cached = undefined
    this.comparison = undefined
    this.#doubted = undefined
  }
}
