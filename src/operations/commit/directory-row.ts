// The bytes of the catalog's rows. A directory has one row, and one more for every PART_NAMES names beyond the first: its first row
// tells the checksums of the others, so that rows of two states of a directory never mix. SPEC §9.2.

import { toHex } from '../../../format/bytes.ts'
import { sha256Hex } from '../../repository/crypto/hash.ts'
import { joinOwn } from '../../runtime/discard.ts'
import { STAT_RECORD_BYTES } from '../../sources/filesystem/stat-record.ts'

/** Names in a row, about 1 MB: SQLite, its binding and we ourselves each hold one row at a time, and not all of a large directory. */
export const PART_NAMES = 4096

/** Names that follow each other in a directory, and what was captured of each. */
export interface DirectoryPart {
  /** Names in order, joined by '/', as latin1 text. */
  readonly names: string
  /** Stat records of the names, STAT_RECORD_BYTES each. */
  readonly stats: Buffer
  /** Bytes of the encoded entry of each name; 0 for directories, which have rows of their own. */
  readonly lengths: Uint32Array
  /** The encoded entries, one behind the other. */
  readonly entries: Buffer
}

/** What is said once of a directory. */
export interface DirectoryHead {
  /** The directory's own stat record and encoded entry. */
  readonly ownStat: Buffer
  readonly ownEntry: Buffer
  /** Checksums of the rows behind the first, CHECKSUM_BYTES each. */
  readonly checksums: Buffer
}

/** A part whose entries are still apart. */
export type NewPart = Omit<DirectoryPart, 'entries'> & { readonly entries: readonly Uint8Array[] }

export const CHECKSUM_BYTES = 8
const NO_CHECKSUM = Buffer.alloc(CHECKSUM_BYTES)
const HEADER_BYTES = 8

/** How many rows a directory of so many names has. */
export function partCount(names: number): number {
  return Math.max(1, Math.ceil(names / PART_NAMES))
}

/** The checksum of a row behind the first. */
export function checksumOf(row: Uint8Array): Buffer {
  return Buffer.from(checksumHex(row), 'hex')
}

function hasChecksum(row: Uint8Array, checksum: Uint8Array): boolean {
  return checksumHex(row) === toHex(checksum)
}

function checksumHex(row: Uint8Array): string {
  return sha256Hex(row).slice(0, 2 * CHECKSUM_BYTES)
}

/** The first row of a directory, in memory of its own. */
export function encodeFirstRow({ ownStat, ownEntry, checksums }: DirectoryHead, part: NewPart): Buffer {
  const header = headerOf(ownEntry.length, checksums.length)
  const row = joinOwn([NO_CHECKSUM, header, ownStat, ownEntry, checksums, ...piecesOf(part)])
  checksumOf(row.subarray(CHECKSUM_BYTES)).copy(row)
  return row
}

/** A further row of a directory, in memory of its own. */
export function encodeFurtherRow(part: NewPart): Buffer {
  return joinOwn(piecesOf(part))
}

/** Reads a first row; undefined when its checksum does not match. */
export function decodeFirstRow(row: Buffer): { head: DirectoryHead; part: DirectoryPart } | undefined {
  const body = row.subarray(CHECKSUM_BYTES)
  if (body.length < HEADER_BYTES || !hasChecksum(body, row.subarray(0, CHECKSUM_BYTES))) return undefined
  let at = HEADER_BYTES
  const next = (bytes: number): Buffer => body.subarray(at, (at += bytes))
  const head = { ownStat: next(STAT_RECORD_BYTES), ownEntry: next(body.readUInt32LE(0)), checksums: next(body.readUInt32LE(4)) }
  return { head, part: decodePart(body.subarray(at)) }
}

/** Reads a further row; undefined when it is not the one that the first row means. */
export function decodeFurtherRow(row: Buffer, checksum: Uint8Array): DirectoryPart | undefined {
  return hasChecksum(row, checksum) ? decodePart(row) : undefined
}

function piecesOf({ names, stats, lengths, entries }: NewPart): Uint8Array[] {
  const nameBytes = Buffer.from(names, 'latin1')
  const lengthBytes = Buffer.from(lengths.buffer, lengths.byteOffset, lengths.byteLength)
  return [headerOf(nameBytes.length, lengths.length), lengthBytes, stats, nameBytes, ...entries]
}

function decodePart(bytes: Buffer): DirectoryPart {
  const count = bytes.readUInt32LE(4)
  let at = HEADER_BYTES
  const next = (length: number): Buffer => bytes.subarray(at, (at += length))
  const lengths = new Uint32Array(new Uint8Array(next(4 * count)).buffer)
  const stats = next(STAT_RECORD_BYTES * count)
  const names = next(bytes.readUInt32LE(0)).toString('latin1')
  return { names, stats, lengths, entries: bytes.subarray(at) }
}

function headerOf(first: number, second: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32LE(first, 0)
  header.writeUInt32LE(second, 4)
  return header
}
