// What the catalog remembers of a directory: how each of its names looked, and the encoded entries that were made of them. SPEC §9.2.
// Its rows are read once, in order, and of all but the first only the entries are kept. In doubt a file is read again.

import { discard } from '../../runtime/discard.ts'
import type { StatRecords } from '../../sources/filesystem/stat-record.ts'
import { CHECKSUM_BYTES, type DirectoryHead, type DirectoryPart, decodeFirstRow, decodeFurtherRow, PART_NAMES } from './directory-row.ts'

/** Rows by the directory's path, as latin1 text, and their number, from 0; disposable. */
export interface CaptureCache {
  get(path: string, part: number): Buffer | undefined
  /** Takes the row, and its memory with it. */
  put(path: string, part: number, row: Buffer): void
  /** Removes the rows of a directory from number `from` on. */
  cut(path: string, from: number): void
}

/** How the names of a directory stand to those that were captured. */
export interface Comparison {
  /** Whether they are the same names. */
  readonly hasSameNames: boolean
  /** By name: its place among those that were captured; -1 when it was not there. */
  readonly places: Int32Array
  /** By name: 1 when an entry was captured, and the stat record was the same. */
  readonly unchanged: Uint8Array
}

/** The entries of a part. */
interface Entries {
  readonly lengths: Uint32Array
  readonly bytes: Buffer
  ends?: Float64Array
}

/** A directory as it was last captured; a name is told by its place among the names. */
export class CachedDirectory {
  readonly head: DirectoryHead
  readonly #cache: CaptureCache
  readonly #path: string
  readonly #first: DirectoryPart
  /** By part; undefined for those that were lost. */
  readonly #entries: (Entries | undefined)[] = []

  /** Undefined when there is no row, or its checksum does not match. */
  static read(cache: CaptureCache, path: string): CachedDirectory | undefined {
    const row = cache.get(path, 0)
    const decoded = row && decodeFirstRow(row)
    return decoded && new CachedDirectory(cache, path, decoded.head, decoded.part)
  }

  private constructor(cache: CaptureCache, path: string, head: DirectoryHead, first: DirectoryPart) {
    this.#cache = cache
    this.#path = path
    this.head = head
    this.#first = first
  }

  /** How many rows it has. */
  get partCount(): number {
    return 1 + this.head.checksums.length / CHECKSUM_BYTES
  }

  /** Reads all of it, and holds names, which are in order, and their stat records against it. To be called once. */
  compare(names: readonly string[], stats: StatRecords): Comparison {
    const comparing = new Comparing(names, stats)
    comparing.take(this.#first, 0)
    this.#entries.push({ lengths: this.#first.lengths, bytes: this.#first.entries })
    for (let number = 1; number < this.partCount; number++) this.#compareFurther(number, comparing)
    return comparing.finish()
  }

  #compareFurther(number: number, comparing: Comparing): void {
    const row = this.#cache.get(this.#path, number)
    const part = row && decodeFurtherRow(row, this.head.checksums.subarray(CHECKSUM_BYTES * (number - 1), CHECKSUM_BYTES * number))
    comparing.take(part, number * PART_NAMES)
    this.#entries.push(part && { lengths: part.lengths, bytes: Buffer.from(part.entries) })
    if (row !== undefined) discard(row)
  }

  /** The encoded entry of a place that `compare` told; empty for a directory. */
  entryAt(place: number): Buffer {
    const entries = this.#entries[Math.floor(place / PART_NAMES)]!
    const { lengths, bytes } = entries
    const ends = (entries.ends ??= endsOf(lengths))
    const at = place % PART_NAMES
    return bytes.subarray(ends[at]! - lengths[at]!, ends[at])
  }
}

/** Goes through the names of a directory and the parts of the captured one side by side. */
class Comparing {
  readonly #names: readonly string[]
  readonly #stats: StatRecords
  readonly #places: Int32Array
  readonly #unchanged: Uint8Array
  #at = 0
  #hasSameNames = true

  constructor(names: readonly string[], stats: StatRecords) {
    this.#names = names
    this.#stats = stats
    this.#places = new Int32Array(names.length).fill(-1)
    this.#unchanged = new Uint8Array(names.length)
  }

  /** Takes the next part, whose first name has this place; undefined when the part was lost. */
  take(part: DirectoryPart | undefined, place: number): void {
    if (part === undefined) this.#hasSameNames = false
    else if (this.#comesNext(part)) this.#pairAll(part, place)
    else this.#merge(part, place)
  }

  finish(): Comparison {
    const hasSameNames = this.#hasSameNames && this.#at === this.#names.length
    return { hasSameNames, places: this.#places, unchanged: this.#unchanged }
  }

  /** Whether the next names are exactly those of a part: one comparison instead of thousands. */
  #comesNext({ names, lengths }: DirectoryPart): boolean {
    const from = this.#at
    const end = from + lengths.length
    const isAll = from === 0 && end === this.#names.length
    return end <= this.#names.length && (isAll ? this.#names : this.#names.slice(from, end)).join('/') === names
  }

  /** Most directories have not changed at all: then one comparison does for all stat records as well. */
  #pairAll(part: DirectoryPart, place: number): void {
    const count = part.lengths.length
    if (!this.#stats.equals(this.#at, part.stats, 0, count)) for (let i = 0; i < count; i++) this.#pair(part, i, place)
    else {
      for (let i = 0; i < count; i++) {
        this.#places[this.#at + i] = place + i
        this.#unchanged[this.#at + i] = part.lengths[i]! > 0 ? 1 : 0
      }
      this.#at += count
    }
  }

  #merge(part: DirectoryPart, place: number): void {
    this.#hasSameNames = false
    const names = this.#names
    const captured = part.lengths.length === 0 ? [] : part.names.split('/')
    for (const [i, name] of captured.entries()) {
      while (this.#at < names.length && names[this.#at]! < name) this.#at++
      if (names[this.#at] === name) this.#pair(part, i, place)
    }
  }

  /** The next name is number `i` of a part. */
  #pair({ lengths, stats }: DirectoryPart, i: number, place: number): void {
    this.#places[this.#at] = place + i
    if (lengths[i]! > 0 && this.#stats.equals(this.#at, stats, i)) this.#unchanged[this.#at] = 1
    this.#at++
  }
}

function endsOf(lengths: Uint32Array): Float64Array {
  let at = 0
  return Float64Array.from(lengths, (length) => (at += length))
}
