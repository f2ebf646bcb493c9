// XChaCha20-Poly1305 for key slots. libsodium seals; noble opens, at a fifth of the time that it takes to load libsodium's WebAssembly,
// because every command opens a slot. What was sealed is opened by the other of the two before it is handed out: a slot that only
// its own maker can open would be a lost repository.

import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { asBuffer, equalBytes } from '../../../format/bytes.ts'

/** XChaCha20-Poly1305 (IETF, nonce of 24 bytes), the tag behind the ciphertext. SPEC §5.3 */
export async function sealXChaCha(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, plain: Uint8Array): Promise<Buffer> {
  const { default: sodium } = await import('libsodium-wrappers')
  await sodium.ready
  const sealed = asBuffer(sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, ad, null, nonce, key))
  const opened = openXChaCha(key, nonce, ad, sealed)
  if (opened === undefined || !equalBytes(opened, plain)) throw new Error('A sealed key slot does not open again: nothing was written.')
  return sealed
}

/** The plaintext, or undefined when it does not authenticate under this key. */
export function openXChaCha(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, sealed: Uint8Array): Buffer | undefined {
  try {
    return asBuffer(xchacha20poly1305(key, nonce, ad).decrypt(sealed))
  } catch {
    // noble throws a bare Error for a wrong tag or a sealed text shorter than one, and nothing else can fail here: lengths are checked.
    return undefined
  }
}
