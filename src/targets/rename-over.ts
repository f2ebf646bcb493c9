import { renameSync } from 'node:fs'

/**
 * Renames by handles as rename(2) does: a file of the new name is replaced, and a directory only if it is empty.
 * Both names must be plain ones, without `/`.
 */
export function renameOver(fromFd: number, from: Uint8Array | string, toFd: number, to: Uint8Array | string): void {
  renameSync(pathOf(fromFd, from), pathOf(toFd, to))
}

/** The last component is never followed, and /proc/self/fd leads to the open directory itself. */
function pathOf(directoryFd: number, name: Uint8Array | string): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${directoryFd}/`), Buffer.from(name as string)])
}
