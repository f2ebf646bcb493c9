import { createHash, createHmac, hash, hkdfSync, timingSafeEqual } from 'node:crypto'

/** SHA-256 of the parts, joined. SPEC §1 */
export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const [first] = parts
  if (parts.length === 1 && first !== undefined) return hash('sha256', first, 'buffer')
  const digest = createHash('sha256')
  for (const part of parts) digest.update(part)
  return digest.digest()
}

/** SHA-256 as 64 lower-case hexadecimal digits: for many small values less than half the time of a buffer, and no memory outside the heap. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}

/** HMAC-SHA-256 of the parts, joined. SPEC §1 */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

/** HKDF-SHA-256 (RFC 5869); `bytes` of output, at most 8,160; `info` of at most 1,024 bytes. SPEC §1 */
export function hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, bytes = 32): Buffer {
  return Buffer.from(hkdfSync('sha256', ikm, salt, info, bytes))
}

/** Whether both are the same bytes, in a time that depends on their lengths only; for commitments and checks of secrets. */
export function equalSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
