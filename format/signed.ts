import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { FormatError } from './format-error.ts'
import { asArray, asBytes } from './record-reader.ts'

/** A record and the signature over it (64 bytes): what journal entries, spool records and leases are stored as. SPEC §5.5, §7.1, §7.6 */
export type Signed = readonly [inner: Uint8Array, signature: Uint8Array]

const SIGNATURE_BYTES = 64

export function encodeSigned(signed: Signed): Buffer {
  const [inner, signature] = signed
  return encodeCbor([inner, signature])
}

/**
 * The two parts of a signed object of at most `maxBytes`; they are views. SPEC §7.1
 * @throws {FormatError} `signed-*` when it is none.
 */
export function decodeSigned(bytes: Uint8Array, maxBytes: number): readonly [inner: Buffer, signature: Buffer] {
  if (bytes.length > maxBytes)
    throw new FormatError('signed-too-large', `a signed object of ${bytes.length} bytes; at most ${maxBytes} are allowed`)
  const parts: readonly CborValue[] = asArray(decodeCbor(bytes, 'signed object'), 'signed-form', 'a signed object')
  const [inner, signature] = parts
  if (parts.length !== 2 || inner === undefined || signature === undefined) {
    throw new FormatError('signed-form', `a signed object has ${parts.length} parts instead of 2`)
  }
  return [asBytes(inner, 'signed-record', 'a signed record'), asBytes(signature, 'signed-signature', 'a signature', SIGNATURE_BYTES)]
}
