// What the catalog remembers of a directory: how each of its names looked, and the encoded entries that were made of them. SPEC §9.2.
// A row carries a checksum: in doubt a file is read again.

import { sha256 } from '../../repository/crypto/hash.ts'
import { joinOwn } from '../../runtime/discard.ts'
import { STAT_RECORD_BYTES, type StatRecords } from '../../sources/filesystem/stat-record.ts'

/** Rows by the directory's path, as latin1 text; disposable. */
export interface CaptureCache {
  get(path: string): Buffer | undefined
  /** Takes the row, and its memory with it. */
  put(path: string, row: Buffer): void
}

/** What a row holds. */
export interface DirectoryRow {
  /** The directory's own stat record and encoded entry. */
  readonly ownStat: Buffer
  readonly ownEntry: Buffer
  /** Names in order, joined by '/', as latin1 text. */
  readonly names: string
  /** Stat records of the names, STAT_RECORD_BYTES each. */
  readonly stats: Buffer
  /** Bytes of the encoded entry of each name; 0 for directories, which have rows of their own. */
  readonly lengths: Uint32Array
}

const CHECKSUM_BYTES = 8
const NO_CHECKSUM = Buffer.alloc(CHECKSUM_BYTES)
const HEADER_BYTES = 12

/** The row of a directory, in memory of its own. */
export function encodeCachedDirectory(directory: DirectoryRow & { readonly entries: readonly Uint8Array[] }): Buffer {
  const { ownStat, ownEntry, names, stats, lengths, entries } = directory
  const header = Buffer.alloc(HEADER_BYTES)
  const nameBytes = Buffer.from(names, 'latin1')
  header.writeUInt32LE(ownEntry.length, 0)
  header.writeUInt32LE(nameBytes.length, 4)
  header.writeUInt32LE(lengths.length, 8)
  const lengthBytes = Buffer.from(lengths.buffer, lengths.byteOffset, lengths.byteLength)
  const row = joinOwn([NO_CHECKSUM, header, ownStat, lengthBytes, stats, ownEntry, nameBytes, ...entries])
  sha256(row.subarray(CHECKSUM_BYTES)).copy(row, 0, 0, CHECKSUM_BYTES)
  return row
}

/** Reads a row; undefined when its checksum does not match. */
export function decodeCachedDirectory(row: Buffer): CachedDirectory | undefined {
  const body = row.subarray(CHECKSUM_BYTES)
  if (body.length < HEADER_BYTES || !sha256(body).subarray(0, CHECKSUM_BYTES).equals(row.subarray(0, CHECKSUM_BYTES))) return undefined
  const count = body.readUInt32LE(8)
  let at = HEADER_BYTES
  const next = (bytes: number): Buffer => body.subarray(at, (at += bytes))
  const ownStat = next(STAT_RECORD_BYTES)
  const lengths = new Uint32Array(new Uint8Array(next(4 * count)).buffer)
  const stats = next(STAT_RECORD_BYTES * count)
  const ownEntry = next(body.readUInt32LE(0))
  const names = next(body.readUInt32LE(4)).toString('latin1')
  return new CachedDirectory({ ownStat, ownEntry, names, stats, lengths }, body.subarray(at))
}

/** A directory as it was last captured; a name is told by its place among the names. */
export class CachedDirectory {
  readonly ownStat: Buffer
  readonly ownEntry: Buffer
  readonly names: string
  readonly #stats: Buffer
  readonly #lengths: Uint32Array
  readonly #entries: Buffer
  #ends: Float64Array | undefined
  #places: Map<string, number> | undefined

  constructor({ ownStat, ownEntry, names, stats, lengths }: DirectoryRow, entries: Buffer) {
    this.ownStat = ownStat
    this.ownEntry = ownEntry
    this.names = names
    this.#stats = stats
    this.#lengths = lengths
    this.#entries = entries
  }

  /** Whether it held exactly these names, joined by '/'. */
  hasNames(names: string, count: number): boolean {
    return this.#lengths.length === count && this.names === names
  }

  /** The place of a name; undefined when it was not there. */
  placeOf(name: string): number | undefined {
    this.#places ??= new Map(this.#lengths.length === 0 ? [] : this.names.split('/').map((each, place) => [each, place]))
    return this.#places.get(name)
  }

  /** Whether an entry was captured, and the stat record was number `index` of these. */
  isSame(place: number, stats: StatRecords, index: number): boolean {
    return this.#lengths[place]! > 0 && stats.equals(index, this.#stats, place)
  }

  /** The encoded entry; empty for a directory. */
  entryAt(place: number): Buffer {
    this.#ends ??= ends(this.#lengths)
    return this.#entries.subarray(this.#ends[place]! - this.#lengths[place]!, this.#ends[place])
  }
}

function ends(lengths: Uint32Array): Float64Array {
  let at = 0
  return Float64Array.from(lengths, (length) => (at += length))
}
