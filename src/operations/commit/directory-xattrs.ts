// Extended attributes of a directory, read when its entry is made.

import type { DirectoryHandle } from '../../sources/filesystem/directory-handle.ts'
import { type EntryXattr, xattrsOf } from './xattrs.ts'

/** The attributes, long values stored through `putData`; what cannot be read is a problem in words. */
export function readDirectoryXattrs(
  handle: DirectoryHandle,
  putData: (bytes: Uint8Array) => Uint8Array,
): { xattrs: readonly EntryXattr[]; problem?: string } {
  try {
    return { xattrs: xattrsOf(handle.xattrs(), putData) }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) throw error
    return { xattrs: [], problem: message }
  }
}
