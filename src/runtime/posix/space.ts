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
    if (NO_ROOM.has(error.code)) throw error
    // File systems say "not offered" in many ways (EINVAL, ENODEV, EPERM under a seal, NFS a number without a name): to write may do.
    if (error.code !== 'EINTR') return false
  }
}

const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'])
