// Extended attributes of every namespace that the kernel shows to this user, ACLs among them
// (`system.posix_acl_access`, as raw bytes). Symlinks are never followed.
import { constants } from 'node:os'
import { type CLibrary, check, lastError, libc } from './library.ts'
import { AT_SYMLINK_NOFOLLOW } from './linux.ts'
import { type Bytes, newScratch, putName, putPath, putProcPath } from './name.ts'

/** One attribute: its full name with namespace, and its value, both as bytes. */
export interface Xattr {
  readonly name: Buffer
  readonly value: Buffer
}

interface Reader {
  readonly syscall: string
  readonly subject?: Bytes
  /** Both answer like C: bytes needed, or −1 with ERANGE when `capacityBytes` is too small. */
  list(capacityBytes: number): number
  get(attribute: Buffer, capacityBytes: number): number
}

// Linux caps lists and values at 64 KiB. It also clears as much memory as the caller offers, so a small
// offer first makes the common call, of a file without attributes, a third faster.
const CAP_BYTES = 64 * 1024
const FIRST_OFFER_BYTES = 1024
const NONE: readonly Xattr[] = []

const subject = newScratch()
const attributeName = newScratch()
const output = Buffer.alloc(CAP_BYTES)

let hasListxattrat: boolean | undefined

/**
 * The attributes of a path, sorted by name bytes; none where the file system has no attributes.
 * @throws {PosixError} when the path cannot be reached or a value cannot be read
 */
export function readXattrs(path: Bytes): readonly Xattr[] {
  const c = libc()
  const pointer = putPath(subject, path, 'llistxattr')
  return readAll({ syscall: 'llistxattr', subject: path, ...byPath(c, pointer) })
}

/**
 * The attributes of one name of a directory, sorted by name bytes.
 * @throws {PosixError} when the name cannot be reached or a value cannot be read
 */
export function readXattrsAt(dirFd: number, name: Bytes): readonly Xattr[] {
  const c = libc()
  hasListxattrat ??= probeListxattrat(c)
  if (!hasListxattrat) return readXattrsThroughProc(dirFd, name)
  const pointer = putName(subject, name, 'listxattrat')
  // The fast path: one call, and no walk through /proc, which costs three times as much.
  if (c.listxattrat(dirFd, pointer, AT_SYMLINK_NOFOLLOW, output, FIRST_OFFER_BYTES) === 0) return NONE
  return readXattrsThroughProc(dirFd, name)
}

/**
 * What `readXattrsAt` does on Linux before 6.13, and for files that have attributes.
 * @throws {PosixError} as `readXattrsAt` does
 */
export function readXattrsThroughProc(dirFd: number, name: Bytes): readonly Xattr[] {
  const c = libc()
  const pointer = putProcPath(subject, dirFd, name, 'llistxattr')
  return readAll({ syscall: 'llistxattr', subject: name, ...byPath(c, pointer) })
}

/**
 * The attributes of an open file or directory, sorted by name bytes; not for O_PATH handles.
 * @throws {PosixError} when a value cannot be read
 */
export function readXattrsFd(fd: number): readonly Xattr[] {
  const c = libc()
  if (c.flistxattr(fd, output, FIRST_OFFER_BYTES) === 0) return NONE // as of most files
  return readAll({
    syscall: 'flistxattr',
    list: (capacityBytes) => c.flistxattr(fd, output, capacityBytes),
    get: (attribute, capacityBytes) => c.fgetxattr(fd, attribute, output, capacityBytes),
  })
}

/**
 * Sets an attribute of an open file or directory.
 * @throws {PosixError} ENOTSUP where there are none, EPERM or EACCES where the namespace is closed to this user
 */
export function writeXattr(fd: number, name: Bytes, value: Uint8Array): void {
  const attribute = putPath(attributeName, name, 'fsetxattr')
  check(libc().fsetxattr(fd, attribute, value, value.length, 0), 'fsetxattr', name)
}

/**
 * Sets an attribute of what cannot be opened: a symlink itself, a fifo, a device.
 * @throws {PosixError} EPERM for `user.*` on these types, else as `writeXattr` does
 */
export function writeXattrAt(dirFd: number, fileName: Bytes, name: Bytes, value: Uint8Array): void {
  const path = putProcPath(subject, dirFd, fileName, 'lsetxattr')
  const attribute = putPath(attributeName, name, 'lsetxattr')
  check(libc().lsetxattr(path, attribute, value, value.length, 0), 'lsetxattr', fileName)
}

/**
 * Removes an attribute, such as an ACL that a new file inherited from its directory.
 * @throws {PosixError} ENODATA when there is none
 */
export function removeXattr(fd: number, name: Bytes): void {
  check(libc().fremovexattr(fd, putPath(attributeName, name, 'fremovexattr')), 'fremovexattr', name)
}

function byPath(c: CLibrary, path: Buffer): Pick<Reader, 'list' | 'get'> {
  return {
    list: (capacityBytes) => c.llistxattr(path, output, capacityBytes),
    get: (attribute, capacityBytes) => c.lgetxattr(path, attribute, output, capacityBytes),
  }
}

function readAll(reader: Reader): readonly Xattr[] {
  const list = offer(reader, (capacityBytes) => reader.list(capacityBytes), constants.errno.EOPNOTSUPP)
  if (list === undefined || list.length === 0) return NONE
  const found: Xattr[] = []
  for (const name of splitNames(list)) {
    const attribute = putPath(attributeName, name, 'getxattr')
    const value = offer(reader, (capacityBytes) => reader.get(attribute, capacityBytes), constants.errno.ENODATA)
    if (value !== undefined) found.push({ name, value })
  }
  return found.sort((a, b) => Buffer.compare(a.name, b.name))
}

// `absent` is the error that stands for an answer: no attributes here, or removed since it was listed.
function offer(reader: Reader, call: (capacityBytes: number) => number, absent: number): Buffer | undefined {
  for (const capacityBytes of [FIRST_OFFER_BYTES, CAP_BYTES]) {
    const bytes = call(capacityBytes)
    if (bytes >= 0) return Buffer.from(output.subarray(0, bytes))
    const error = lastError(reader.syscall, reader.subject)
    if (-error.errno === absent) return undefined
    if (-error.errno !== constants.errno.ERANGE || capacityBytes === CAP_BYTES) throw error
  }
  return undefined
}

function splitNames(list: Buffer): Buffer[] {
  const names: Buffer[] = []
  for (let at = 0; at < list.length; ) {
    const end = list.indexOf(0, at)
    names.push(list.subarray(at, end))
    at = end + 1
  }
  return names
}

// An absent call is ENOSYS, or EPERM under an old container's filter; a present one says EBADF.
function probeListxattrat(c: CLibrary): boolean {
  const pointer = putName(subject, 'probe', 'listxattrat')
  return c.listxattrat(-1, pointer, AT_SYMLINK_NOFOLLOW, output, 0) < 0 && -lastError('listxattrat').errno === constants.errno.EBADF
}
