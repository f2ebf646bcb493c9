import { constants } from 'node:os'
import { check, lastError, libc } from './library.ts'

export type LockMode = 'exclusive' | 'shared'

const OPERATIONS = { shared: 1, exclusive: 2 } as const
const LOCK_NB = 4
const LOCK_UN = 8

/**
 * Takes an advisory lock on an open file if it is free; it ends with `unlock`, the last close, or the process.
 * Twice on the same handle converts it; another handle of the same file competes, even in this process.
 * @returns false when another handle holds it
 * @throws {PosixError} when the call fails otherwise
 */
export function tryLock(fd: number, mode: LockMode): boolean {
  if (libc().flock(fd, OPERATIONS[mode] | LOCK_NB) === 0) return true
  const error = lastError('flock')
  if (-error.errno === constants.errno.EWOULDBLOCK) return false
  throw error
}

/**
 * Gives the lock up; without one it does nothing.
 * @throws {PosixError} when the call fails
 */
export function unlock(fd: number): void {
  check(libc().flock(fd, LOCK_UN), 'flock')
}
