// What the catalog remembers of a directory: how each of its names looked, and the encoded entries that were made of them. SPEC §9.2.
// A row carries a checksum: in doubt a file is read again.

import { sha256 } from '../../repository/crypto/hash.ts'
import { joinOwn } from '../../runtime/discard.ts'
import { STAT_RECORD_BYTES } from '../../sources/filesystem/stat-record.ts'

/** Rows by the directory's path, as latin1 text; disposable. */
export interface CaptureCache {
  get(path: string): Buffer | undefined
  /** Takes the row, and its memory with it. */
  put(path: string, row: Buffer): void
}

export interface CachedDirectory {
  /** The directory's own stat record and encoded entry. */
  readonly ownStat: Buffer
  readonly ownEntry: Buffer
  /** Names in order, joined by '/', as latin1 text. */
  readonly names: string
  /** Stat records of the names, STAT_RECORD_BYTES each. */
  readonly stats: Buffer
  /** Encoded entries of the names; empty for directories, which have rows of their own. */
  readonly lengths: Uint32Array
  readonly entries: Buffer
}

const CHECKSUM_BYTES = 8
const NO_CHECKSUM = Buffer.alloc(CHECKSUM_BYTES)
const HEADER_BYTES = 12

/** The row of a directory, in memory of its own. */
export function encodeCachedDirectory(directory: Omit<CachedDirectory, 'entries'> & { readonly entries: readonly Uint8Array[] }): Buffer {
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
  return { ownStat, ownEntry, names, stats, lengths, entries: body.subarray(at) }
}

/** The entries of a cached directory by name, with their stat records. */
export function cachedEntries(cached: CachedDirectory): Map<string, { stat: Buffer; entry: Buffer }> {
  const byName = new Map<string, { stat: Buffer; entry: Buffer }>()
  let at = 0
  if (cached.lengths.length === 0) return byName
  for (const [index, name] of cached.names.split('/').entries()) {
    const stat = cached.stats.subarray(STAT_RECORD_BYTES * index, STAT_RECORD_BYTES * (index + 1))
    const length = cached.lengths[index]!
    byName.set(name, { stat, entry: cached.entries.subarray(at, at + length) })
    at += length
  }
  return byName
}
