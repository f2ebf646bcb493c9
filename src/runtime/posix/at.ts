// Creating, opening and removing names relative to a directory handle: a symlink that is swapped into
// the path while a restore works leads nowhere, because no call here looks at more than one name.
import { constants } from 'node:fs'
import { check, libc } from './library.ts'
import { AT_REMOVEDIR, O_CLOEXEC } from './linux.ts'
import { type Bytes, newScratch, PATH_BYTES, putName, putPath } from './name.ts'

const first = newScratch()
const second = newScratch()
const target = Buffer.alloc(PATH_BYTES)

/**
 * Opens one name of a directory; the caller closes the handle with `fs.closeSync`.
 * @param flags of `fs.constants`; O_CLOEXEC is added, O_NOFOLLOW is not
 * @param mode permission bits of a created file, under the umask
 * @throws {PosixError} when the call fails
 */
export function openAt(dirFd: number, name: Bytes, flags: number, mode = 0o600): number {
  return check(libc().openat(dirFd, putName(first, name, 'openat'), flags | O_CLOEXEC, mode), 'openat', name)
}

/**
 * Opens a directory below a directory, never through a symlink; with O_PATH one that may be entered but not listed.
 * @throws {PosixError} ENOTDIR when the name is a symlink or no directory
 */
export function openDirNoFollow(parentFd: number, name: Bytes, access = constants.O_RDONLY): number {
  return openAt(parentFd, name, access | constants.O_DIRECTORY | constants.O_NOFOLLOW)
}

/**
 * Makes a directory, with `mode` under the umask.
 * @throws {PosixError} when the call fails
 */
export function mkdirAt(dirFd: number, name: Bytes, mode = 0o700): void {
  check(libc().mkdirat(dirFd, putName(first, name, 'mkdirat'), mode), 'mkdirat', name)
}

/**
 * Makes a symlink; the target's bytes are kept as they are, whatever they point to.
 * @throws {PosixError} when the call fails
 */
export function symlinkAt(linkTarget: Bytes, dirFd: number, name: Bytes): void {
  const pointer = putPath(second, linkTarget, 'symlinkat')
  check(libc().symlinkat(pointer, dirFd, putName(first, name, 'symlinkat')), 'symlinkat', name)
}

/**
 * The bytes of a symlink's target.
 * @throws {PosixError} EINVAL when the name is no symlink
 */
export function readlinkAt(dirFd: number, name: Bytes): Buffer {
  const bytes = check(libc().readlinkat(dirFd, putName(first, name, 'readlinkat'), target, PATH_BYTES), 'readlinkat', name)
  return Buffer.from(target.subarray(0, bytes))
}

/**
 * Gives a file a second name; a symlink as source is linked itself, not what it points to.
 * @throws {PosixError} when the call fails
 */
export function linkAt(fromDirFd: number, fromName: Bytes, toDirFd: number, toName: Bytes): void {
  const from = putName(first, fromName, 'linkat')
  check(libc().linkat(fromDirFd, from, toDirFd, putName(second, toName, 'linkat'), 0), 'linkat', toName)
}

/**
 * Removes a name that is no directory.
 * @throws {PosixError} EISDIR when it is one
 */
export function unlinkAt(dirFd: number, name: Bytes): void {
  check(libc().unlinkat(dirFd, putName(first, name, 'unlinkat'), 0), 'unlinkat', name)
}

/**
 * Removes an empty directory.
 * @throws {PosixError} ENOTEMPTY when it is not empty
 */
export function rmdirAt(dirFd: number, name: Bytes): void {
  check(libc().unlinkat(dirFd, putName(first, name, 'rmdirat'), AT_REMOVEDIR), 'rmdirat', name)
}
