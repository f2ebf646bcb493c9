import { constants } from 'node:os'
import { PosixError } from './posix-error.ts'

/** A name or path as bytes, passed on unchanged, or as text, passed on as UTF-8. */
export type Bytes = Uint8Array | string

/** Longest path that Linux takes, with its NUL. */
export const PATH_BYTES = 4096

const NUL = 0
const DOT = 0x2e
const SLASH = 0x2f

/** Memory for one NUL-terminated argument; its owner reuses it, since no call here is asynchronous. */
export function newScratch(): Buffer {
  return Buffer.alloc(PATH_BYTES)
}

/**
 * Writes one name of a directory with its NUL into `scratch`, and returns `scratch`.
 * A name from a hostile tree must not lead out of its directory, so '', '.', '..', '/' and NUL are refused.
 * @throws {PosixError} EINVAL for such a name, ENAMETOOLONG beyond the scratch, EILSEQ for a lone surrogate
 */
export function putName(scratch: Buffer, name: Bytes, syscall: string): Buffer {
  putNameAt(scratch, 0, name, syscall)
  return scratch
}

/**
 * As `putName`, with the bytes of the name as latin1 text: a walk has its names so.
 * @throws {PosixError} as `putName` does
 */
export function putLatin1Name(scratch: Buffer, name: string, syscall: string): Buffer {
  const { length } = name
  if (length >= scratch.length) throw new PosixError(constants.errno.ENAMETOOLONG, syscall, name)
  for (let at = 0; at < length; at++) {
    const byte = name.charCodeAt(at)
    if (byte === NUL || byte === SLASH || byte > 0xff) throw new PosixError(constants.errno.EINVAL, syscall, name)
    scratch[at] = byte
  }
  scratch[length] = NUL
  if (length < 3 && isDots(scratch.subarray(0, length))) throw new PosixError(constants.errno.EINVAL, syscall, name)
  return scratch
}

/**
 * Writes a path, link target or attribute name with its NUL into `scratch`, and returns `scratch`.
 * @throws {PosixError} EINVAL for NUL inside, ENAMETOOLONG beyond the scratch, EILSEQ for a lone surrogate
 */
export function putPath(scratch: Buffer, path: Bytes, syscall: string): Buffer {
  // A NUL inside would make C see a shorter, different path.
  if (!copy(scratch, 0, toBytes(path, syscall), NUL, syscall)) throw new PosixError(constants.errno.EINVAL, syscall, path)
  return scratch
}

/**
 * Writes `/proc/self/fd/<dirFd>/<name>`, for calls that have no variant with a directory handle.
 * @throws {PosixError} as `putName` does
 */
export function putProcPath(scratch: Buffer, dirFd: number, name: Bytes, syscall: string): Buffer {
  putNameAt(scratch, scratch.write(`/proc/self/fd/${dirFd}/`, 'latin1'), name, syscall)
  return scratch
}

function putNameAt(scratch: Buffer, offset: number, name: Bytes, syscall: string): void {
  const bytes = toBytes(name, syscall)
  if (isDots(bytes) || !copy(scratch, offset, bytes, SLASH, syscall)) {
    throw new PosixError(constants.errno.EINVAL, syscall, name)
  }
}

function toBytes(value: Bytes, syscall: string): Uint8Array {
  if (typeof value !== 'string') return value
  if (!value.isWellFormed()) throw new PosixError(constants.errno.EILSEQ, syscall, value)
  return Buffer.from(value, 'utf8')
}

// Copies and checks in one loop, since it runs for each call on each file; false for NUL or the other forbidden byte.
function copy(scratch: Buffer, offset: number, bytes: Uint8Array, forbidden: number, syscall: string): boolean {
  const { length } = bytes
  if (offset + length >= scratch.length) throw new PosixError(constants.errno.ENAMETOOLONG, syscall, bytes)
  for (let at = 0; at < length; at++) {
    const byte = bytes[at]
    if (byte === undefined || byte === NUL || byte === forbidden) return false
    scratch[offset + at] = byte
  }
  scratch[offset + length] = NUL
  return true
}

/** Whether a name is '', '.' or '..'. */
function isDots(bytes: Uint8Array): boolean {
  return bytes.length === 0 || (bytes[0] === DOT && (bytes.length === 1 || (bytes.length === 2 && bytes[1] === DOT)))
}
