// The recovery code (SPEC §5.4): 32 bytes in Crockford's base 32, made to be printed, read aloud and typed.

import { concat, equalBytes } from './bytes.ts'
import { recoveryCodeInput } from './derivations.ts'
import { FormatError } from './format-error.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const SYMBOLS = 52
const PAYLOAD_BYTES = 32
const CHECK_BYTES = 3
const HINT = { hint: 'Compare the code with the printed one, character by character.' }

export const RECOVERY_SECRET_BYTES = 20

export interface RecoveryCode {
  /** 20 random bytes. */
  readonly secret: Uint8Array
  /** The first 8 bytes of the repository id. */
  readonly repository8: Uint8Array
}

export type Sha256 = (bytes: Uint8Array) => Uint8Array

/** The code: 13 groups of 4 symbols. SPEC §5.4 */
export function encodeRecoveryCode(code: RecoveryCode, sha256: Sha256): string {
  const payload = concat(Buffer.of(1), code.secret, code.repository8)
  if (payload.length !== PAYLOAD_BYTES - CHECK_BYTES)
    throw new FormatError('recovery-code-length', 'a recovery code of a wrong secret or id')
  return toBase32(concat(payload, checkBytes(payload, sha256))).replace(/(.{4})(?=.)/g, '$1-')
}

/**
 * The parts of a code as somebody typed it: case, spaces and dashes are ignored; O counts as 0, I and L as 1. SPEC §5.4
 * @throws {FormatError} `recovery-code-*` when it is none. The message never quotes it.
 */
export function decodeRecoveryCode(text: string, sha256: Sha256): { secret: Buffer; repository8: Buffer } {
  const bytes = fromBase32(normalize(text))
  const payload = bytes.subarray(0, PAYLOAD_BYTES - CHECK_BYTES)
  if (!equalBytes(bytes.subarray(PAYLOAD_BYTES - CHECK_BYTES), checkBytes(payload, sha256))) {
    throw new FormatError('recovery-code-check', 'the check of the recovery code does not match: a symbol is wrong', HINT)
  }
  if (payload[0] !== 1) throw new FormatError('recovery-code-version', `a recovery code of version ${payload[0]}`)
  return { secret: payload.subarray(1, 21), repository8: payload.subarray(21, 29) }
}

function checkBytes(payload: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(recoveryCodeInput(payload)).subarray(0, CHECK_BYTES)
}

function normalize(text: string): string {
  const symbols = text.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
  if (symbols.length !== SYMBOLS)
    throw new FormatError('recovery-code-length', `a recovery code of ${symbols.length} symbols instead of 52`, HINT)
  return symbols
}

function toBase32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.padEnd(SYMBOLS * 5, '0').replace(/.{5}/g, (group) => ALPHABET.charAt(Number.parseInt(group, 2)))
}

function fromBase32(symbols: string): Buffer {
  const bits = Array.from(symbols, symbolBits).join('')
  if (bits.slice(PAYLOAD_BYTES * 8).includes('1')) {
    throw new FormatError('recovery-code-padding', 'the last symbol of the recovery code is not one that can stand there', HINT)
  }
  return Buffer.from(Array.from({ length: PAYLOAD_BYTES }, (_, i) => Number.parseInt(bits.slice(i * 8, i * 8 + 8), 2)))
}

function symbolBits(symbol: string, place: number): string {
  const value = ALPHABET.indexOf(symbol)
  if (value < 0) throw new FormatError('recovery-code-symbol', `symbol ${place + 1} of the recovery code is not one of the alphabet`, HINT)
  return value.toString(2).padStart(5, '0')
}
