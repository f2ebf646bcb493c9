import { createHash } from 'node:crypto'
import { ftruncateSync, readSync, writeSync } from 'node:fs'
import { dataExtents } from '../runtime/posix/sparse.ts'
import { statFd } from '../runtime/posix/stat.ts'

/** A piece of a file's content. */
export interface Piece {
  readonly bytes: Uint8Array
  /** Offset in the file, in bytes. */
  readonly at: number
}

const COPY_BYTES = 1 << 20

/** Writes pieces at their offsets; those that adjoin both in memory and in the file with one call. */
export function writePieces(fd: number, pieces: readonly Piece[]): void {
  for (let next = 0; next < pieces.length; ) {
    const { bytes, at } = pieces[next++]!
    let length = bytes.length
    while (next < pieces.length && adjoins(pieces[next]!, { bytes, at }, length)) length += pieces[next++]!.bytes.length
    writeAt(fd, length === bytes.length ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, length), at)
  }
}

/** Whether a piece follows the `length` bytes from the beginning of `first`. */
function adjoins({ bytes, at }: Piece, first: Piece, length: number): boolean {
  return at === first.at + length && bytes.buffer === first.bytes.buffer && bytes.byteOffset === first.bytes.byteOffset + length
}

/** Writes pieces, and holes where no piece is, up to `size` bytes. The file is empty before. */
export function fill(fd: number, pieces: readonly Piece[], size: number): void {
  writePieces(fd, pieces)
  const last = pieces.at(-1)
  if ((last === undefined ? 0 : last.at + last.bytes.length) < size) ftruncateSync(fd, size)
}

/** SHA-256 of an open file, read back from the target. */
export function hashContent(fd: number): Buffer {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(COPY_BYTES)
  for (let at = 0; ; ) {
    const bytes = readSync(fd, buffer, 0, COPY_BYTES, at)
    if (bytes === 0) return hash.digest()
    hash.update(buffer.subarray(0, bytes))
    at += bytes
  }
}

/** Copies one open file into another that is empty, holes included. */
export function copyContent(from: number, to: number): void {
  const { sizeBytes } = statFd(from)
  const buffer = Buffer.allocUnsafe(COPY_BYTES)
  for (const [start, length] of dataExtents(from, sizeBytes)) {
    for (let at = start; at < start + length; ) {
      const bytes = readSync(from, buffer, 0, Math.min(COPY_BYTES, start + length - at), at)
      if (bytes === 0) break
      writeAt(to, buffer.subarray(0, bytes), at)
      at += bytes
    }
  }
  ftruncateSync(to, sizeBytes)
}

function writeAt(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done)
}
