import { chmodSync, closeSync, constants } from 'node:fs'
import { openAt, rmdirAt, unlinkAt } from '../runtime/posix/at.ts'
import { readNames } from '../runtime/posix/directory.ts'
import { O_PATH } from '../runtime/posix/linux.ts'
import { renameNoReplace } from '../runtime/posix/rename.ts'
import { statFd } from '../runtime/posix/stat.ts'
import { systemCodeOf } from '../runtime/posix/system-code.ts'

const OWNER_ALL = 0o700

/**
 * Removes a directory and everything below it, never through a symlink and never on another file system.
 * Each directory found is first moved up into `holderFd` and then emptied there, so no depth is too deep and no handle but
 * one is held; whoever swaps a directory for a symlink meanwhile only gets his symlink removed.
 * `holderFd` must be a private directory of this process: the names `removing-<n>` in it are taken.
 * @throws {PosixError} when something cannot be removed, such as a mount point; the rest stays
 */
export function removeTree(holderFd: number, name: Uint8Array | string): void {
  const waiting: (Uint8Array | string)[] = [name]
  let moved = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    waiting.push(...emptyDirectory(holderFd, next, () => `removing-${moved++}`))
    rmdirAt(holderFd, next)
  }
}

/** Unlinks what is in a directory; the names under which its directories now lie in the holder. */
function emptyDirectory(holderFd: number, name: Uint8Array | string, newName: () => string): string[] {
  makeAccessible(holderFd, name)
  const fd = openAt(holderFd, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  const directories: string[] = []
  try {
    for (const child of readNames(fd)) {
      if (unlinked(fd, child)) continue
      makeAccessible(fd, child)
      const up = freeName(fd, child, holderFd, newName)
      directories.push(up)
    }
  } finally {
    closeSync(fd)
  }
  return directories
}

function unlinked(fd: number, name: Uint8Array): boolean {
  try {
    unlinkAt(fd, name)
    return true
  } catch (error) {
    if (systemCodeOf(error) === 'EISDIR') return false
    throw error
  }
}

/** A removal that was interrupted may have left names in the holder. */
function freeName(fd: number, child: Uint8Array, holderFd: number, newName: () => string): string {
  for (;;) {
    const name = newName()
    try {
      renameNoReplace(fd, child, holderFd, name)
      return name
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error
    }
  }
}

/** Restored directories may forbid their owner, who is not root, to empty or to move them. */
function makeAccessible(parentFd: number, name: Uint8Array | string): void {
  const fd = openAt(parentFd, name, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    if ((statFd(fd).mode & OWNER_ALL) !== OWNER_ALL) chmodSync(`/proc/self/fd/${fd}`, OWNER_ALL)
  } finally {
    closeSync(fd)
  }
}
