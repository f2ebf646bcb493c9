import { FormatError } from './format-error.ts'

/** An id: 32 bytes of a SHA-256 or HMAC-SHA-256. */
export type Id = Uint8Array

export const ID_BYTES = 32

/** The same bytes as a Buffer, without a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Lower case hexadecimal. SPEC §1 */
export function toHex(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('hex')
}

/**
 * Bytes of lower case hexadecimal; `bytes` is the number that is required. SPEC §1
 * @throws {FormatError} when the text has another length, or anything but `0-9a-f`.
 */
export function fromHex(text: string, bytes?: number): Buffer {
  if (bytes !== undefined && text.length !== bytes * 2) {
    throw new FormatError('hex-length', `${text.length} hexadecimal digits where ${bytes * 2} are required`)
  }
  if (text.length % 2 !== 0) throw new FormatError('hex-length', `an odd number of hexadecimal digits: ${text.length}`)
  if (!/^[0-9a-f]*$/.test(text)) throw new FormatError('hex-digit', 'something that is not a lower case hexadecimal digit')
  return Buffer.from(text, 'hex')
}

/** The parts, joined (‖ of SPEC §1). */
export function concat(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(parts)
}

/** Whether both have the same bytes; takes no care to be constant in time. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return asBuffer(a).equals(b)
}

/** Bytewise order: negative, 0 or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

/** 4 bytes, big-endian; n is 0 to 2^32 − 1. */
export function u32(n: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(n)
  return bytes
}

/** The nonce of number i: 8 bytes of zero, then u32. SPEC §1 */
export function u96(i: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(i, 8)
  return bytes
}

/**
 * The same bytes, where their number is as required.
 * @throws {FormatError} `code` when it is not.
 */
export function exactly(bytes: Uint8Array, length: number, code: string, what: string): Buffer {
  if (bytes.length !== length) throw new FormatError(code, `${what} has ${bytes.length} bytes instead of ${length}`)
  return asBuffer(bytes)
}
