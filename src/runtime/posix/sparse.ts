// Holes of sparse files. These calls move the handle's position: read and write with explicit offsets.
import { constants } from 'node:os'
import { lastError, libc } from './library.ts'
import { SEEK_DATA, SEEK_HOLE } from './linux.ts'

/** Where data lies in a file: offset and length in bytes. */
export type Extent = readonly [offset: number, lengthBytes: number]

/**
 * The first offset at or after `offset` that holds data; undefined when only a hole or the end follows.
 * @throws {PosixError} when the call fails
 */
export function nextData(fd: number, offset: number): number | undefined {
  return seek(fd, offset, SEEK_DATA)
}

/**
 * The first offset at or after `offset` that lies in a hole; the end of the file counts as one.
 * Undefined when `offset` is at or beyond the end.
 * @throws {PosixError} when the call fails
 */
export function nextHole(fd: number, offset: number): number | undefined {
  return seek(fd, offset, SEEK_HOLE)
}

/** Smaller holes save nothing, and a file full of them would be cut finer than SPEC §6.6 allows. */
const SMALLEST_HOLE_BYTES = 4096

/**
 * The extents of data below `sizeBytes`, in order, never empty; what lies between them reads as zeros, 4 KiB or more of them.
 * A file without holes is one extent. If the file shrinks meanwhile, the extents end there.
 * @throws {PosixError} when a call fails
 */
export function* dataExtents(fd: number, sizeBytes: number): Generator<Extent> {
  yield* joined(systemExtents(fd, sizeBytes))
}

/** Extents with only a small hole between them as one. */
export function* joined(extents: Iterable<Extent>): Generator<Extent> {
  let open: Extent | undefined
  for (const [start, length] of extents) {
    const from = open !== undefined && start - (open[0] + open[1]) < SMALLEST_HOLE_BYTES ? open[0] : start
    if (open !== undefined && from === start) yield open
    open = [from, start + length - from]
  }
  if (open !== undefined) yield open
}

function* systemExtents(fd: number, sizeBytes: number): Generator<Extent> {
  let offset = 0
  while (offset < sizeBytes) {
    const start = nextData(fd, offset)
    if (start === undefined || start >= sizeBytes) return
    const end = Math.min(nextHole(fd, start) ?? start, sizeBytes)
    // No progress: the file was cut, or the hole filled, between the two calls.
    if (end <= start) return
    yield [start, end - start]
    offset = end
  }
}

function seek(fd: number, offset: number, whence: number): number | undefined {
  const found = libc().lseek(fd, offset, whence)
  if (found >= 0) return found
  const error = lastError('lseek')
  if (-error.errno === constants.errno.ENXIO) return undefined
  throw error
}
