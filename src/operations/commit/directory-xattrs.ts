// Extended attributes of a directory, read when its entry is made.

import { systemCodeOf, systemMessageOf } from '../../runtime/posix/system-code.ts'
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
    if (systemCodeOf(error) === undefined) throw error
    return { xattrs: [], problem: systemMessageOf(error) }
  }
}
