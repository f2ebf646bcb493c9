// The system's names for what went wrong. libuv knows those of sockets and plain files; of a damaged file system, a quota, a file server
// or an encrypted directory Node says "Unknown system error -117", which no table of codes has. Here every number has a name.

import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

const NAME = /^E[A-Z0-9]+$/
const NAMELESS = /^(UNKNOWN|Unknown system error\b.*)$/

/** Linux's errors of files that libuv has no name for, by their number. */
const LINUX: ReadonlyMap<number, [code: string, reason: string]> = new Map([
  [35, ['EDEADLK', 'resource deadlock avoided']],
  [37, ['ENOLCK', 'no locks available']],
  [52, ['EBADE', 'invalid exchange']],
  [64, ['ENONET', 'machine is not on the network']],
  [66, ['EREMOTE', 'object is remote']],
  [67, ['ENOLINK', 'link has been severed']],
  [70, ['ECOMM', 'communication error on send']],
  [74, ['EBADMSG', 'bad message (a checksum does not match)']],
  [77, ['EBADFD', 'file descriptor in bad state']],
  [116, ['ESTALE', 'stale file handle']],
  [117, ['EUCLEAN', 'structure needs cleaning']],
  [121, ['EREMOTEIO', 'remote i/o error']],
  [122, ['EDQUOT', 'disk quota exceeded']],
  [123, ['ENOMEDIUM', 'no medium found']],
  [124, ['EMEDIUMTYPE', 'wrong medium type']],
  [126, ['ENOKEY', 'required key not available']],
  [127, ['EKEYEXPIRED', 'key has expired']],
  [128, ['EKEYREVOKED', 'key has been revoked']],
  [129, ['EKEYREJECTED', 'key was rejected by service']],
  [133, ['EHWPOISON', 'memory page has hardware error']],
])

/** Name and text of an error's number, of either sign; `ERRNO524` for a number that has no name. */
export function systemError(errno: number): [code: string, reason: string] {
  const number = Math.abs(errno)
  const known = getSystemErrorMap().get(-number) ?? LINUX.get(number)
  if (known !== undefined) return known
  const name = Object.entries(constants.errno).find(([, value]) => value === number)?.[0]
  return [name ?? `ERRNO${number}`, `system error ${number}`]
}

/** The system's name for a failure, such as `EEXIST`; undefined for an error that is none of the system's. */
export function systemCodeOf(error: unknown): string | undefined {
  const number = namelessNumber(error)
  if (number !== undefined) return systemError(number)[0]
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && NAME.test(code) ? code : undefined
}

/** An error's message for people, which names what Node could not. */
export function systemMessageOf(error: unknown): string {
  const { message, syscall, path } = error as NodeJS.ErrnoException
  const number = namelessNumber(error)
  return number === undefined ? message : systemMessage(number, syscall, path)
}

/** As the messages of node:fs are: `ENOENT: no such file or directory, open 'name'`. */
export function systemMessage(errno: number, syscall?: string, path?: string): string {
  const [code, reason] = systemError(errno)
  return `${code}: ${reason}${syscall === undefined ? '' : `, ${syscall}`}${path === undefined ? '' : ` '${path}'`}`
}

/** The number of an error that Node had no name for. Others keep numbers of their own under `errno`, such as zlib. */
function namelessNumber(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, errno } = error as NodeJS.ErrnoException
  return typeof code === 'string' && NAMELESS.test(code) ? errno : undefined
}
