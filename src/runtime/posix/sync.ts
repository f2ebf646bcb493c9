import { check, lastError, libc } from './library.ts'

/**
 * Makes everything written so far to the file system of `fd` durable, in one call.
 * The kernel reports a failed write-back only to handles that were open before it: open `fd` before writing.
 * An error is final: the pages are gone, so write anew and never just call again.
 * @throws {PosixError} EIO or ENOSPC for a failed write-back since `fd` was opened (Linux 5.8), EBADF for an O_PATH handle
 */
export function syncFs(fd: number): void {
  check(libc().syncfs(fd), 'syncfs')
}

const WAIT_BEFORE = 1
const WRITE = 2
const WAIT_AFTER = 4
const POSIX_FADV_DONTNEED = 4

/**
 * Has the kernel begin to write a region of a file to the disk; it is not durable by that. Offset and length in bytes.
 * @throws {PosixError} ENOSPC, EDQUOT or EIO when the disk cannot take it
 */
export function startWriteBack(fd: number, offset: number, length: number): void {
  syncRange(fd, offset, length, WRITE)
}

/** Waits until a region is written, and gives its pages back: who writes more than the memory holds needs few of them. Throws as above. */
export function dropWritten(fd: number, offset: number, length: number): void {
  syncRange(fd, offset, length, WAIT_BEFORE | WRITE | WAIT_AFTER)
  dropCached(fd, offset, length)
}

/** Gives back the pages of a region that is on the disk, for whoever writes next; a length of 0 reaches to the end of the file. */
export function dropCached(fd: number, offset: number, length: number): void {
  libc().posix_fadvise(fd, offset, length, POSIX_FADV_DONTNEED)
}

function syncRange(fd: number, offset: number, length: number, flags: number): void {
  if (libc().sync_file_range(fd, offset, length, flags) >= 0) return
  const error = lastError('sync_file_range')
  // A file system that does not offer the call says so in many ways, and writes back in its own time: syncFs has the last word.
  if (TAKES_NO_MORE.has(error.code)) throw error
}

const TAKES_NO_MORE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO'])
