// What the kernel knows of a file.

import type { Timespec } from './metadata.ts'
import type { Bytes } from './name.ts'
import { StatBuffer } from './stat-buffer.ts'

/** One file's metadata; sizes and times are exact. */
export interface FileStat {
  /** Device of the file system, as `fs.Stats.dev`. */
  readonly dev: number
  /** All 64 bits: some file systems use the high ones, and a rounded inode would join strangers as hard links. */
  readonly ino: bigint
  /** File type and permission bits, as `fs.Stats.mode`. */
  readonly mode: number
  readonly nlink: number
  readonly uid: number
  readonly gid: number
  /** Numbers of the device that this file stands for; 0 for other types. */
  readonly rdevMajor: number
  readonly rdevMinor: number
  readonly sizeBytes: number
  /** Units of 512 bytes that are allocated; fewer than the size needs when there are holes. */
  readonly blocks: number
  readonly mtime: Timespec
  readonly ctime: Timespec
}

/** What tells a file from every other one, whatever path leads to it. */
export type FileIdentity = Pick<FileStat, 'dev' | 'ino'>

export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.ino === b.ino && a.dev === b.dev
}

const buffer = new StatBuffer()

/**
 * The metadata of one name of a directory, itself if it is a symlink.
 * @throws {PosixError} when the call fails
 */
export function statAt(dirFd: number, name: Bytes): FileStat {
  buffer.readAt(dirFd, name)
  return buffer.copy()
}

/**
 * The metadata of a path, itself if it ends in a symlink.
 * @throws {PosixError} when the call fails
 */
export function statPath(path: Bytes): FileStat {
  buffer.readPath(path)
  return buffer.copy()
}

/**
 * The metadata of an open file, O_PATH handles included.
 * @throws {PosixError} when the call fails
 */
export function statFd(fd: number): FileStat {
  buffer.readFd(fd)
  return buffer.copy()
}
