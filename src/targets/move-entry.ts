import { constants as files } from 'node:fs'
import { constants } from 'node:os'
import { PosixError, UnsupportedError } from '../runtime/posix/posix-error.ts'
import { renameNoReplace } from '../runtime/posix/rename.ts'
import { systemCodeOf } from '../runtime/posix/system-code.ts'
import { whileMovableAt } from './movable.ts'
import { renameOver } from './rename-over.ts'
import { statOrAbsent } from './target-state.ts'

/**
 * Moves an entry from one open directory to another, under its own name, and over nothing.
 * @throws {PosixError} EEXIST when the name is taken, EBUSY, EPERM, EXDEV and so on: it lies where it lay
 */
export function moveEntry(fromFd: number, name: Uint8Array, toFd: number): void {
  try {
    renameFree(fromFd, name, toFd)
  } catch (error) {
    // A directory that its owner, who is not root, may not write.
    if (systemCodeOf(error) !== 'EACCES' || !isDirectory(fromFd, name)) throw error
    whileMovableAt(fromFd, name, () => renameFree(fromFd, name, toFd))
  }
}

function isDirectory(parentFd: number, name: Uint8Array): boolean {
  return ((statOrAbsent(parentFd, name)?.mode ?? 0) & files.S_IFMT) === files.S_IFDIR
}

function renameFree(fromFd: number, name: Uint8Array, toFd: number): void {
  try {
    renameNoReplace(fromFd, name, toFd, name)
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error
    // Network file systems do not know the flag. Between the look and the rename only a stranger could take the name.
    if (statOrAbsent(toFd, name) !== undefined) throw new PosixError(constants.errno.EEXIST, 'rename', name)
    renameOver(fromFd, name, toFd, name)
  }
}
