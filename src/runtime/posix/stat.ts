// Asking for the metadata of one file.

import type { FileStat } from './file-stat.ts'
import type { Bytes } from './name.ts'
import { StatBuffer } from './stat-buffer.ts'

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
