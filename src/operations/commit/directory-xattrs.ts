// Extended attributes of a directory, read when its entry is made.

import { readXattrsFd } from '../../runtime/posix/xattr.ts'
import type { DirectoryHandle } from '../../sources/filesystem/directory-handle.ts'
import type { EntryXattr } from './xattrs.ts'

const INLINE_BYTES = 4096

/** The attributes that fit into an entry; what does not, or cannot be read, is a problem in words. */
export function readDirectoryXattrs(handle: DirectoryHandle): { xattrs: readonly EntryXattr[]; problem?: string } {
  try {
    const all = readXattrsFd(handle.fd())
    const xattrs = all.filter(({ value }) => value.length <= INLINE_BYTES)
    const left = all.length - xattrs.length
    return { xattrs, ...(left > 0 && { problem: `${left} extended attributes of more than ${INLINE_BYTES} bytes were left out` }) }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) throw error
    return { xattrs: [], problem: message }
  }
}
