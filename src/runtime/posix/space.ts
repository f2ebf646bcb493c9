import { lastError, libc } from './library.ts'

/**
 * Gives an empty open file its size, and the room on the disk for all of it: cheaper than block by block as it is written, less
 * scattered, and a full disk is known before the first byte. False, and the file as before, where the file system does not offer it.
 * @throws {PosixError} ENOSPC, EDQUOT, EFBIG or EIO when the file system cannot give the room
 */
export function reserveSpace(fd: number, sizeBytes: number): boolean {
  for (;;) {
    if (libc().fallocate(fd, 0, 0, sizeBytes) >= 0) return true
    const error = lastError('fallocate')
    if (NOT_OFFERED.has(error.code ?? '')) return false
    if (error.code !== 'EINTR') throw error
  }
}

const NOT_OFFERED = new Set(['ENOSYS', 'EOPNOTSUPP', 'ENOTSUP'])
