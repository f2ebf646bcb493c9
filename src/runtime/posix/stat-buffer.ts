// Memory into which the kernel writes a file's metadata again and again: a walk of a million files makes no object for each.

import type { FileStat, Timespec } from './file-stat.ts'
import { check, lastError, libc } from './library.ts'
import { AT_EMPTY_PATH, AT_FDCWD, AT_NO_AUTOMOUNT, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, STATX_BTIME } from './linux.ts'
import { type Bytes, newScratch, putLatin1Name, putName, putPath } from './name.ts'

const WORD = 0x1_0000_0000
const NOFOLLOW = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT
const WANTED = STATX_BASIC_STATS | STATX_BTIME
/** sizeof(struct statx), the same on every machine (struct stat is not). */
const STATX_BYTES = 256

/** Words of 32 bits in a stamp. */
export const STAMP_WORDS = 16
/** Where they stand in struct statx: links, owner, mode, inode and size; ctime; mtime; device number. */
const STAMPED = [4, 5, 6, 7, 8, 9, 10, 11, 24, 25, 26, 28, 29, 30, 32, 33] as const

const scratch = newScratch()
const noName = Buffer.alloc(1)

/** The metadata of the file that was asked for last. Only little-endian machines are bound, so words are read as they lie. */
export class StatBuffer implements FileStat {
  readonly #words = new Uint32Array(STATX_BYTES / 4)
  readonly #bytes = Buffer.from(this.#words.buffer)

  /**
   * Asks for one name of a directory, itself if it is a symlink.
   * @throws {PosixError} when the call fails
   */
  readAt(dirFd: number, name: Bytes): void {
    check(libc().statx(dirFd, putName(scratch, name, 'statx'), NOFOLLOW, WANTED, this.#bytes), 'statx', name)
  }

  /**
   * As `readAt`, with the bytes of the name as latin1 text.
   * @throws {PosixError} when the call fails
   */
  readLatin1At(dirFd: number, name: string): void {
    const result = libc().statx(dirFd, putLatin1Name(scratch, name, 'statx'), NOFOLLOW, WANTED, this.#bytes)
    if (result < 0) throw lastError('statx', Buffer.from(name, 'latin1'))
  }

  /**
   * Asks for a path, itself if it ends in a symlink.
   * @throws {PosixError} when the call fails
   */
  readPath(path: Bytes): void {
    check(libc().statx(AT_FDCWD, putPath(scratch, path, 'statx'), NOFOLLOW, WANTED, this.#bytes), 'statx', path)
  }

  /**
   * Asks for an open file, O_PATH handles included.
   * @throws {PosixError} when the call fails
   */
  readFd(fd: number): void {
    check(libc().statx(fd, noName, AT_EMPTY_PATH, WANTED, this.#bytes), 'statx')
  }

  get dev(): number {
    return deviceNumber(this.#words[34]!, this.#words[35]!)
  }

  get ino(): bigint {
    return this.#bytes.readBigUInt64LE(32)
  }

  get mode(): number {
    return this.#words[7]! & 0xffff
  }

  get nlink(): number {
    return this.#words[4]!
  }

  get uid(): number {
    return this.#words[5]!
  }

  get gid(): number {
    return this.#words[6]!
  }

  get rdevMajor(): number {
    return this.#words[32]!
  }

  get rdevMinor(): number {
    return this.#words[33]!
  }

  get sizeBytes(): number {
    return this.#words[10]! + this.#words[11]! * WORD
  }

  get blocks(): number {
    return this.#words[12]! + this.#words[13]! * WORD
  }

  get mtime(): Timespec {
    return timeAt(this.#words, 28)
  }

  get ctime(): Timespec {
    return timeAt(this.#words, 24)
  }

  get btime(): Timespec {
    return timeAt(this.#words, 20)
  }

  /** Writes what tells whether the file is the same and unchanged into STAMP_WORDS words of `target`. */
  stampInto(target: Uint32Array, at: number): void {
    for (let i = 0; i < STAMP_WORDS; i++) target[at + i] = this.#words[STAMPED[i]!]!
  }

  /** Whether both say the same of the same file. */
  isSameStamp(other: StatBuffer): boolean {
    for (const word of STAMPED) if (this.#words[word] !== other.#words[word]) return false
    return true
  }

  /** What it says now, to be kept. */
  copy(): FileStat {
    const { dev, ino, mode, nlink, uid, gid, rdevMajor, rdevMinor, sizeBytes, blocks, mtime, ctime, btime } = this
    return { dev, ino, mode, nlink, uid, gid, rdevMajor, rdevMinor, sizeBytes, blocks, mtime, ctime, btime }
  }
}

function timeAt(words: Uint32Array, at: number): Timespec {
  return { seconds: words[at]! + (words[at + 1]! | 0) * WORD, nanoseconds: words[at + 2]! }
}

function deviceNumber(major: number, minor: number): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0
}
