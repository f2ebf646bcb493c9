import { renameSync } from 'node:fs'

/**
 * Renames by handles as rename(2) does: a file of the new name is replaced, and a directory only if it is empty.
 * Both names must be plain ones, without `/`.
 */
export function renameOver(fromFd: number, from: string, toFd: number, to: string): void {
  // The last component is never followed, and /proc/self/fd leads to the open directory itself.
  renameSync(`/proc/self/fd/${fromFd}/${from}`, `/proc/self/fd/${toFd}/${to}`)
}
