import { asBuffer } from '../../../format/bytes.ts'

/** libsodium is loaded when the first slot is wrapped or opened: most commands of a running process never need it again. */
async function loadSodium(): Promise<typeof import('libsodium-wrappers').default> {
  const { default: sodium } = await import('libsodium-wrappers')
  await sodium.ready
  return sodium
}

/** XChaCha20-Poly1305 (IETF, nonce of 24 bytes), the tag behind the ciphertext. SPEC §5.3 */
export async function sealXChaCha(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, plain: Uint8Array): Promise<Buffer> {
  const sodium = await loadSodium()
  return asBuffer(sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, ad, null, nonce, key))
}

/** The plaintext, or undefined when it does not authenticate under this key. */
export async function openXChaCha(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, sealed: Uint8Array): Promise<Buffer | undefined> {
  const sodium = await loadSodium()
  if (sealed.length < sodium.crypto_aead_xchacha20poly1305_ietf_ABYTES) return undefined
  try {
    return asBuffer(sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed, ad, nonce, key))
  } catch {
    // libsodium throws a bare Error for a wrong tag, and nothing else can fail here: lengths are checked.
    return undefined
  }
}
