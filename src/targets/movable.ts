import { closeSync, fchmodSync } from 'node:fs'
import { openDirNoFollow } from '../runtime/posix/at.ts'
import type { FileStat } from '../runtime/posix/file-stat.ts'
import { statFd } from '../runtime/posix/stat.ts'

const OWNER_WRITES = 0o200
const SETGID = 0o2000

/** To move a directory elsewhere, whoever is not root must be able to write in it: its `..` changes. Its owner can for as long. */
export function whileMovable<T>(directoryFd: number, move: () => T): T {
  const stat = statFd(directoryFd)
  const mode = stat.mode & 0o7777
  if ((mode & OWNER_WRITES) !== 0 || !mayLend(stat)) return move()
  fchmodSync(directoryFd, mode | OWNER_WRITES)
  try {
    return move()
  } finally {
    fchmodSync(directoryFd, mode)
  }
}

/** As `whileMovable`, for a directory by its name. The handle finds it again wherever it is moved. */
export function whileMovableAt<T>(parentFd: number, name: Uint8Array | string, move: () => T): T {
  const fd = openDirNoFollow(parentFd, name)
  try {
    return whileMovable(fd, move)
  } finally {
    closeSync(fd)
  }
}

/** Root needs no bit, others may not set it; and who sets a mode takes setgid of a group that is not his own away for good. */
function mayLend({ uid, gid, mode }: FileStat): boolean {
  const user = process.geteuid!()
  if (user === 0 || uid !== user) return false
  return (mode & SETGID) === 0 || gid === process.getegid!() || process.getgroups!().includes(gid)
}
