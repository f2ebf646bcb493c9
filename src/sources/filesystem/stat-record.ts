// What decides whether a file is unchanged: inode, type and mode, owner, size, times, link count; 64 bytes a file. SPEC §9.2.
// The device is left out: its number may change with every boot, while inode, size and both times stay. They miss two things: a write
// through mmap into a page that is dirty already moves no time, and an image of a file system with fixed times may stand where another
// one was (typed-devices.ts). `--reread` is for both (docs/operations.md).

import type { FileStat, Timespec } from '../../runtime/posix/file-stat.ts'
import { STAMP_WORDS, StatBuffer } from '../../runtime/posix/stat-buffer.ts'
import { COARSEST_TICK_MS } from './settling.ts'

export const STAT_RECORD_BYTES = 4 * STAMP_WORDS
/** A count of links that no file has. */
const FORGOTTEN_LINKS = 0xffff_ffff
const INODE_AT = 4
const WORD = 0x1_0000_0000

/** The records of many files, one behind the other, in memory of their own. */
export class StatRecords {
  readonly #words: Uint32Array<ArrayBuffer>
  readonly #bytes: Buffer<ArrayBuffer>

  constructor(count: number) {
    this.#words = new Uint32Array(STAMP_WORDS * count)
    this.#bytes = Buffer.from(this.#words.buffer)
  }

  /** The records from number `from` to before number `end`. */
  bytes(from: number, end: number): Buffer<ArrayBuffer> {
    return this.#bytes.subarray(STAT_RECORD_BYTES * from, STAT_RECORD_BYTES * end)
  }

  put(index: number, stat: FileStat): void {
    const at = STAMP_WORDS * index
    if (stat instanceof StatBuffer) stat.stampInto(this.#words, at)
    else stamp(this.#words, at, stat)
  }

  /** Takes record `from` of others; where that one is forgotten and of no known file, its own is. Returns whether it is of another file. */
  copyFrom(index: number, records: Buffer, from: number): boolean {
    const low = this.inodeLow(index)
    const high = this.inodeHigh(index)
    if (isForgottenAt(records, from) && isOfNoFile(records, from)) this.forget(index)
    else records.copy(this.#bytes, STAT_RECORD_BYTES * index, STAT_RECORD_BYTES * from, STAT_RECORD_BYTES * (from + 1))
    return this.inodeLow(index) !== low || this.inodeHigh(index) !== high
  }

  /** Makes it a record that equals no file's, so that this file is read again next time. Which file it was is still known. */
  forget(index: number): void {
    this.#words[STAMP_WORDS * index] = FORGOTTEN_LINKS
  }

  isForgotten(index: number): boolean {
    return this.#words[STAMP_WORDS * index] === FORGOTTEN_LINKS
  }

  /** How many names the file has. To be asked before the record may be forgotten. */
  linkCount(index: number): number {
    return this.#words[STAMP_WORDS * index]!
  }

  /** The lower half of the inode. */
  inodeLow(index: number): number {
    return this.#words[STAMP_WORDS * index + INODE_AT]!
  }

  /** The upper half of the inode. */
  inodeHigh(index: number): number {
    return this.#words[STAMP_WORDS * index + INODE_AT + 1]!
  }

  /** Whether it equals record `from` of others; with a count, whether so many do. */
  equals(index: number, records: Buffer, from: number, count = 1): boolean {
    const at = STAT_RECORD_BYTES * index
    const start = STAT_RECORD_BYTES * from
    const bytes = STAT_RECORD_BYTES * count
    return this.#bytes.compare(records, start, start + bytes, at, at + bytes) === 0
  }

  sizeBytes(index: number): number {
    return this.#words[STAMP_WORDS * index + 6]! + this.#words[STAMP_WORDS * index + 7]! * WORD
  }

  /**
   * Whether a file's times cannot prove that it is unchanged, because its ctime is not clearly older than the start of the capture, in
   * milliseconds since 1970. git calls these racily clean.
   */
  isRacy(index: number, startedAt: number): boolean {
    const at = STAMP_WORDS * index
    const seconds = this.#words[at + 8]! + (this.#words[at + 9]! | 0) * WORD
    return isRecent({ seconds, nanoseconds: this.#words[at + 10]! }, startedAt)
  }
}

/** Whether a time is not clearly older than the start of a capture, in milliseconds since 1970. */
export function isRecent(time: Timespec, startedAt: number): boolean {
  return !(toMs(time) < startedAt - COARSEST_TICK_MS)
}

/** Milliseconds since 1970. */
export function toMs({ seconds, nanoseconds }: Timespec): number {
  return seconds * 1000 + nanoseconds / 1e6
}

/** The record of one file. */
export function statRecord(stat: FileStat): Buffer {
  const records = new StatRecords(1)
  records.put(0, stat)
  return records.bytes(0, 1)
}

/** A record that equals no file's; of the file with this metadata, if that is known. */
export function forgottenRecord(stat?: FileStat): Buffer {
  const records = new StatRecords(1)
  if (stat !== undefined) records.put(0, stat)
  records.forget(0)
  return records.bytes(0, 1)
}

/** Whether a record was forgotten. */
export function isForgotten(record: Buffer): boolean {
  return isForgottenAt(record, 0)
}

function isForgottenAt(records: Buffer, index: number): boolean {
  const at = STAT_RECORD_BYTES * index
  return at < records.length && records.readUInt32LE(at) === FORGOTTEN_LINKS
}

function isOfNoFile(records: Buffer, index: number): boolean {
  return records.readBigUInt64LE(STAT_RECORD_BYTES * index + 4 * INODE_AT) === 0n
}

/** As `StatBuffer.stampInto`, for metadata that was copied. */
function stamp(words: Uint32Array, at: number, stat: FileStat): void {
  const { nlink, uid, gid, mode, ino, sizeBytes, ctime, mtime, rdevMajor, rdevMinor } = stat
  words.set([nlink, uid, gid, mode], at)
  words.set([Number(ino & 0xffff_ffffn), Number(ino >> 32n), sizeBytes, Math.floor(sizeBytes / WORD)], at + 4)
  words.set([ctime.seconds, Math.floor(ctime.seconds / WORD), ctime.nanoseconds], at + 8)
  words.set([mtime.seconds, Math.floor(mtime.seconds / WORD), mtime.nanoseconds], at + 11)
  words.set([rdevMajor, rdevMinor], at + 14)
}
