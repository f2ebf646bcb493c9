// The only door to chance.

import { randomBytes as nodeRandomBytes } from 'node:crypto'

/** Cryptographically secure random bytes. */
export function randomBytes(bytes: number): Buffer {
  return nodeRandomBytes(bytes)
}

/** A random UUID, version 4, as its 16 bytes. */
export function uuidV4(): Buffer {
  const bytes = nodeRandomBytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes
}
