import { constants } from 'node:os'
import { lastError, libc } from './library.ts'
import { RENAME_EXCHANGE, RENAME_NOREPLACE } from './linux.ts'
import { type Bytes, newScratch, putName } from './name.ts'
import { UnsupportedError } from './posix-error.ts'

const UNSUPPORTED: readonly number[] = [constants.errno.ENOSYS, constants.errno.EINVAL, constants.errno.EOPNOTSUPP]

const first = newScratch()
const second = newScratch()

/**
 * Swaps two existing names in one step: at every instant both exist.
 * @throws {UnsupportedError} when kernel or file system cannot, or when one directory lies inside the other (both are EINVAL)
 * @throws {PosixError} ENOENT when one is missing, EXDEV across file systems, EBUSY for a mount point
 */
export function renameExchange(dirFdA: number, nameA: Bytes, dirFdB: number, nameB: Bytes): void {
  rename(dirFdA, nameA, dirFdB, nameB, RENAME_EXCHANGE)
}

/**
 * Renames only if the new name is free, in one step.
 * @throws {UnsupportedError} when kernel or file system cannot, or when a directory would move into itself (both are EINVAL)
 * @throws {PosixError} EEXIST when the name is taken, EXDEV across file systems
 */
export function renameNoReplace(fromDirFd: number, fromName: Bytes, toDirFd: number, toName: Bytes): void {
  rename(fromDirFd, fromName, toDirFd, toName, RENAME_NOREPLACE)
}

function rename(fromFd: number, from: Bytes, toFd: number, to: Bytes, flag: number): void {
  const source = putName(first, from, 'renameat2')
  const target = putName(second, to, 'renameat2')
  if (libc().renameat2(fromFd, source, toFd, target, flag) === 0) return
  const cause = lastError('renameat2', to)
  if (!UNSUPPORTED.includes(-cause.errno)) throw cause
  const wish = flag === RENAME_EXCHANGE ? 'exchange of two names' : 'rename without replacing'
  throw new UnsupportedError('renameat2', `${wish} was refused by the kernel or the file system`, { cause })
}
