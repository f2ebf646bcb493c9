// Extended attributes of a directory, read when its entry is made.

import { readXattrsFd, type Xattr } from '../../runtime/posix/xattr.ts'
import type { DirectoryHandle } from '../../sources/filesystem/directory-handle.ts'

/** The attributes; what cannot be read is a problem in words. */
export function readDirectoryXattrs(handle: DirectoryHandle): { xattrs: readonly Xattr[]; problem?: string } {
  try {
    return { xattrs: readXattrsFd(handle.fd()) }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) throw error
    return { xattrs: [], problem: message }
  }
}
