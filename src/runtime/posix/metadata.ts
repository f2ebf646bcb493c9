// Owner, mode and times of a name in a directory, never through a symlink.
import { chmodSync, closeSync, constants } from 'node:fs'
import { constants as os } from 'node:os'
import { openAt } from './at.ts'
import type { Timespec } from './file-stat.ts'
import { check, libc } from './library.ts'
import { AT_SYMLINK_NOFOLLOW, O_PATH, UTIME_OMIT } from './linux.ts'
import { type Bytes, newScratch, putName } from './name.ts'
import { PosixError } from './posix-error.ts'
import { statFd } from './stat.ts'

/** A time to set, or `omit` to leave the present one. */
export type TimeChange = Timespec | 'omit'

const NANOSECONDS_PER_SECOND = 1_000_000_000
const WORD = 0x1_0000_0000
const TIMESPEC_BYTES = 16

const scratch = newScratch()
const times = Buffer.alloc(2 * TIMESPEC_BYTES)

/**
 * Sets the owner of the name itself, be it a symlink; the kernel drops setuid and setgid bits, so set the mode after it.
 * @throws {PosixError} EPERM without CAP_CHOWN
 */
export function fchownAt(dirFd: number, name: Bytes, uid: number, gid: number): void {
  check(libc().fchownat(dirFd, putName(scratch, name, 'fchownat'), uid, gid, AT_SYMLINK_NOFOLLOW), 'fchownat', name)
}

/**
 * Sets the permission bits of what cannot be opened safely (fifo, device, socket); for files and directories use `fs.fchmodSync`.
 * @throws {PosixError} ENOTSUP for a symlink, which has no mode
 */
export function fchmodAt(dirFd: number, name: Bytes, mode: number): void {
  const fd = openAt(dirFd, name, O_PATH | constants.O_NOFOLLOW)
  try {
    // Some file systems would change the symlink's own bits: the kernel leaves the refusal to us.
    if ((statFd(fd).mode & constants.S_IFMT) === constants.S_IFLNK) throw new PosixError(os.errno.EOPNOTSUPP, 'fchmodat', name)
    chmodSync(`/proc/self/fd/${fd}`, mode & 0o7777)
  } finally {
    closeSync(fd)
  }
}

/**
 * Sets the times of the name itself, be it a symlink, to the nanosecond where the file system keeps them.
 * @throws {PosixError} EINVAL for a time out of range, EPERM when not the owner
 */
export function utimensAt(dirFd: number, name: Bytes, atime: TimeChange, mtime: TimeChange): void {
  putTimes(atime, mtime, 'utimensat', name)
  check(libc().utimensat(dirFd, putName(scratch, name, 'utimensat'), times, AT_SYMLINK_NOFOLLOW), 'utimensat', name)
}

/**
 * Sets the times of an open file; a later write moves them again.
 * @throws {PosixError} EINVAL for a time out of range, EPERM when not the owner
 */
export function futimens(fd: number, atime: TimeChange, mtime: TimeChange): void {
  putTimes(atime, mtime, 'futimens')
  check(libc().futimens(fd, times), 'futimens')
}

function putTimes(atime: TimeChange, mtime: TimeChange, syscall: string, name?: Bytes): void {
  for (const time of [atime, mtime]) {
    if (!isInRange(time)) throw new PosixError(os.errno.EINVAL, syscall, name)
  }
  putTime(0, atime)
  putTime(TIMESPEC_BYTES, mtime)
}

// The range check also keeps the kernel's two special values of nanoseconds out of reach of a hostile tree.
function isInRange(time: TimeChange): boolean {
  if (time === 'omit') return true
  const { seconds, nanoseconds } = time
  return Number.isSafeInteger(seconds) && Number.isInteger(nanoseconds) && nanoseconds >= 0 && nanoseconds < NANOSECONDS_PER_SECOND
}

function putTime(offset: number, time: TimeChange): void {
  const { seconds, nanoseconds } = time === 'omit' ? { seconds: 0, nanoseconds: UTIME_OMIT } : time
  const high = Math.floor(seconds / WORD)
  times.writeUInt32LE(seconds - high * WORD, offset)
  times.writeInt32LE(high, offset + 4)
  times.writeUInt32LE(nanoseconds, offset + 8)
  times.writeUInt32LE(0, offset + 12)
}
