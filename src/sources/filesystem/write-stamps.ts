import { statfsSync } from 'node:fs'
import { release } from 'node:os'
import type { FileStat } from '../../runtime/posix/file-stat.ts'

/** ext4, XFS, btrfs and tmpfs, by the number that statfs gives. */
const FINE = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994])
/** Since then the first write after somebody asked for the times gets a stamp of its own there, however coarse the clock is. */
const FINE_SINCE = [6, 13] as const

/**
 * Whether a write after `stat` was asked for leaves another stamp for sure. Not where an inode has no room for parts of a second, nor
 * where another file system or kernel may be behind what is seen.
 */
export function stampsEveryWrite(fd: number, { ctime, mtime }: Pick<FileStat, 'ctime' | 'mtime'>, kernel = release()): boolean {
  if (ctime.nanoseconds === 0 && mtime.nanoseconds === 0) return false
  return isFineKernel(kernel) && FINE.has(typeOf(fd))
}

function isFineKernel(kernel: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(kernel) ?? []
  const difference = Number(major) - FINE_SINCE[0] || Number(minor) - FINE_SINCE[1]
  return difference >= 0
}

function typeOf(fd: number): number {
  try {
    return statfsSync(`/proc/self/fd/${fd}`).type >>> 0
  } catch {
    return 0 // no /proc: nothing is known
  }
}
