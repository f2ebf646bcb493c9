import { constants } from 'node:fs'
import { constants as os } from 'node:os'
import { check, libc } from './library.ts'
import { type Bytes, newScratch, putName } from './name.ts'
import { PosixError } from './posix-error.ts'

/** A file that has no content of its own; devices carry the kernel's numbers. */
export type SpecialNode =
  | { readonly kind: 'fifo' | 'socket' }
  | { readonly kind: 'character-device' | 'block-device'; readonly major: number; readonly minor: number }

const TYPE_BITS = {
  fifo: constants.S_IFIFO,
  socket: constants.S_IFSOCK,
  'character-device': constants.S_IFCHR,
  'block-device': constants.S_IFBLK,
} as const

const MAJOR_MAX = 0xfff
const MINOR_MAX = 0xfffff

const scratch = newScratch()

/**
 * Makes a fifo, socket or device; devices need CAP_MKNOD.
 * @param mode permission bits, under the umask
 * @throws {PosixError} EINVAL for a major beyond 12 or a minor beyond 20 bits, or when the call fails
 */
export function mknodAt(dirFd: number, name: Bytes, node: SpecialNode, mode = 0o600): void {
  const device = 'major' in node ? deviceNumber(node.major, node.minor, name) : 0
  const bits = TYPE_BITS[node.kind] | (mode & 0o7777)
  check(libc().mknodat(dirFd, putName(scratch, name, 'mknodat'), bits, device), 'mknodat', name)
}

// The kernel's 32-bit encoding: 12 bits of major between the low 8 and the high 12 bits of minor.
function deviceNumber(major: number, minor: number, name: Bytes): number {
  const fits = Number.isInteger(major) && Number.isInteger(minor) && major >= 0 && minor >= 0 && major <= MAJOR_MAX && minor <= MINOR_MAX
  if (!fits) throw new PosixError(os.errno.EINVAL, 'mknodat', name)
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0
}
