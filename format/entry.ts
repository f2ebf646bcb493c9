import type { Stream } from './stream.ts'

/** Types of entries. SPEC §6.7 */
export const ENTRY_FILE = 1
export const ENTRY_DIRECTORY = 2
export const ENTRY_SYMLINK = 3
export const ENTRY_FIFO = 4
export const ENTRY_SOCKET = 5
export const ENTRY_CHARACTER = 6
export const ENTRY_BLOCK = 7
export type EntryType = 1 | 2 | 3 | 4 | 5 | 6 | 7

/** Classes of files: 1 database, 2 config, 3 logs; absent means plain files. SPEC §6.7 */
export const CLASS_DATABASE = 1
export const CLASS_CONFIG = 2
export const CLASS_LOGS = 3
export type FileClass = 1 | 2 | 3

export interface EntryTime {
  /** Seconds since 1970, rounded down; may be negative. */
  readonly seconds: number
  /** 0 to 999,999,999. */
  readonly nanoseconds: number
}

export interface EntryXattr {
  /** 1 to 255 bytes without NUL. */
  readonly name: Uint8Array
  /** The bytes up to 4,096; a stream of data chunks where there are more. */
  readonly value: Uint8Array | Stream
}

/** One name in a directory. Byte strings of decoded entries are views of the chunk. SPEC §6.7 */
export interface Entry {
  /** 1 to 255 bytes; empty for the root of a manifest only. */
  readonly name: Uint8Array
  readonly type: EntryType
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** The owner's name, where it was known. */
  readonly user?: string
  readonly group?: string
  readonly mtime: EntryTime
  /** Of files and directories, always. */
  readonly content?: Stream
  /** Of symlinks, always: 1 to 4,095 bytes without NUL. */
  readonly target?: Uint8Array
  /** 8 bytes: the group of entries that are one file (hard links). */
  readonly link?: Uint8Array
  /** At least one, sorted by name. */
  readonly xattrs?: readonly EntryXattr[]
  /** Of devices, always. */
  readonly device?: { readonly major: number; readonly minor: number }
  /** SHA-256 of the whole file. */
  readonly sha256?: Uint8Array
  readonly fileClass?: FileClass
}
