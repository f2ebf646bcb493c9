import { systemError, systemMessage } from './system-code.ts'

/** A failed POSIX call, with the same fields as the errors of node:fs. */
export class PosixError extends Error {
  override readonly name = 'PosixError'
  /** `ENOENT`, `EEXIST` and so on, as `systemCodeOf` says. */
  readonly code: string
  /** Negative, as in node:fs. */
  readonly errno: number
  readonly syscall: string
  /** The name or path given, as text: bytes that are not UTF-8 show as U+FFFD. */
  readonly path?: string

  /** @param errno positive, as C has it */
  constructor(errno: number, syscall: string, path?: Uint8Array | string) {
    const text = path === undefined ? undefined : asText(path)
    super(systemMessage(errno, syscall, text))
    this.code = systemError(errno)[0]
    this.errno = -errno
    this.syscall = syscall
    if (text !== undefined) this.path = text
  }
}

/** The platform, kernel or file system lacks a call; another way may exist, or a STOP is due. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError'
  readonly code = 'UNSUPPORTED'
  readonly syscall: string

  constructor(syscall: string, reason: string, options?: ErrorOptions) {
    super(`${syscall} is not supported: ${reason}`, options)
    this.syscall = syscall
  }
}

function asText(path: Uint8Array | string): string {
  return typeof path === 'string' ? path : Buffer.from(path).toString('utf8')
}
