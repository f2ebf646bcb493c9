import { dropWritten, startWriteBack } from '../runtime/posix/sync.ts'

/** Files from here on are written to the disk while they are restored, and do not stay in the page cache. */
const LARGE_BYTES = 64 << 20
/** Regions that are on their way to the disk before the thread waits for the first of them. */
const AHEAD = 4

/**
 * Keeps a large restored file from filling the memory with pages that nobody reads: what was written goes to the disk at once,
 * and its pages are used again. One for each thread.
 */
export class WriteBehind {
  #inode = 0n
  #regions: { readonly from: number; readonly length: number }[] = []

  /** Notes that the region of the open file was written. @throws {PosixError} when the disk cannot take it */
  wrote(fd: number, file: { readonly inode: bigint; readonly sizeBytes: number }, from: number, length: number): void {
    if (file.sizeBytes < LARGE_BYTES) return
    if (file.inode !== this.#inode) this.#regions = []
    this.#inode = file.inode
    startWriteBack(fd, from, length)
    this.#regions.push({ from, length })
    if (this.#regions.length <= AHEAD) return
    const first = this.#regions.shift()!
    dropWritten(fd, first.from, first.length)
  }
}
