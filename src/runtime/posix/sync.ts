import { check, libc } from './library.ts'

/**
 * Makes everything written so far to the file system of `fd` durable, in one call.
 * The kernel reports a failed write-back only to handles that were open before it: open `fd` before writing.
 * An error is final: the pages are gone, so write anew and never just call again.
 * @throws {PosixError} EIO or ENOSPC for a failed write-back since `fd` was opened (Linux 5.8), EBADF for an O_PATH handle
 */
export function syncFs(fd: number): void {
  check(libc().syncfs(fd), 'syncfs')
}
