// The keyed half of the repository: whatever is sealed, signed, named or wrapped passes through this folder (SPEC §4, §5).
// Bytes and their layout come from format/; here are the keys. Bottom up: hash, aead, zstd, x-wing, signing; frame-codec
// seals frames; pack-keys, manifest-seal and symmetric seal whole objects; key-slots, recovery and identity keep the keys
// themselves; keyset is what an opened repository holds. Nothing here reads a store, and no secret stands in a message.

import { createCipheriv, createDecipheriv } from 'node:crypto'
import { IntegrityError } from '../../errors.ts'

const ALGORITHM = 'aes-256-gcm'
export const TAG_BYTES = 16
const GCM = { authTagLength: TAG_BYTES }

/**
 * AES-256-GCM of the parts, joined: one ciphertext for each part, then the tag; joined they are the sealed bytes. SPEC §1
 *
 * A key never sees a nonce twice: all keys here live for one object, in which nonces are counted.
 */
export function seal(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, ...plainParts: readonly Uint8Array[]): Buffer[] {
  const cipher = createCipheriv(ALGORITHM, key, nonce, GCM).setAAD(ad)
  const parts = plainParts.map((part) => cipher.update(part))
  cipher.final()
  parts.push(cipher.getAuthTag())
  return parts
}

/**
 * The plaintext of sealed bytes. SPEC §1
 * @throws {IntegrityError} `authentication` when key, nonce, associated data or any byte is not what was sealed.
 */
export function open(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, sealed: Uint8Array): Buffer {
  if (sealed.length < TAG_BYTES) throw new IntegrityError('authentication', `Sealed bytes without a whole tag: ${sealed.length} bytes.`)
  const end = sealed.length - TAG_BYTES
  const decipher = createDecipheriv(ALGORITHM, key, nonce, GCM).setAAD(ad).setAuthTag(sealed.subarray(end))
  const plain = decipher.update(sealed.subarray(0, end))
  authenticate(decipher)
  return plain
}

/**
 * The plaintext of each part that `seal` returned, so that a writer can check them before they are joined.
 * @throws {IntegrityError} as `open` does.
 */
export function openParts(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, parts: readonly Uint8Array[]): Buffer[] {
  const tag = parts.at(-1) ?? Buffer.alloc(0)
  if (tag.length !== TAG_BYTES) throw new IntegrityError('authentication', `A tag of ${tag.length} bytes.`)
  const decipher = createDecipheriv(ALGORITHM, key, nonce, GCM).setAAD(ad).setAuthTag(tag)
  const plainParts = parts.slice(0, -1).map((part) => decipher.update(part))
  authenticate(decipher)
  return plainParts
}

function authenticate(decipher: { final(): Buffer }): void {
  try {
    decipher.final()
  } catch (cause) {
    throw new IntegrityError('authentication', 'Sealed bytes do not authenticate: they were changed, or belong elsewhere.', { cause })
  }
}
