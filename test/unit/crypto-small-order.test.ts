// Keys and points of small order are refused by us, whatever the library says: OpenSSL 3.0 verifies by such a key, 3.5 does not.

import { describe, expect, test, vi } from 'vitest'
import { SigningKey, verifySignature } from '../../src/repository/crypto/signing.ts'
import { isSmallOrder } from '../../src/repository/crypto/small-order.ts'
import { bytesOf, oddKey, TORSION } from '../support/odd-signatures.ts'

vi.mock('node:crypto', async (original) => ({ ...(await original<typeof import('node:crypto')>()), verify: () => true }))

const P = 2n ** 255n - 19n
const SIGN = 1n << 255n
const smallOrder: readonly (readonly [string, Buffer])[] = [
  ...TORSION.map((point, i) => [`torsion point ${i}`, Buffer.from(point.toBytes())] as const),
  ...[0n, 1n].flatMap((y) => [
    [`y = p + ${y}`, bytesOf(P + y)] as const,
    [`y = p + ${y}, negative`, bytesOf(P + y + SIGN)] as const,
    [`y = ${y}, negative`, bytesOf(y + SIGN)] as const,
  ]),
  ['y = p − 1, negative', bytesOf(P - 1n + SIGN)],
]
const bytes = Buffer.from('an object')
const repository = Buffer.alloc(32, 1)
const honest = SigningKey.fromSeed(Buffer.alloc(32, 2))
const signature = honest.sign('lease', repository, bytes)

describe.each(smallOrder)('%s', (_, point) => {
  test('is of small order', () => expect(isSmallOrder(point)).toBe(true))
  test('is refused as a key', () => expect(verifySignature('lease', repository, point, bytes, signature)).toBe(false))
  test('is refused as R', () => {
    const odd = Buffer.concat([point, signature.subarray(32)])
    expect(verifySignature('lease', repository, honest.publicKey, bytes, odd)).toBe(false)
  })
})

test('keys of the order of the base point, and of mixed order, are not of small order', () => {
  for (let torsion = 0; torsion < 8; torsion++) expect(isSmallOrder(oddKey(12_345n, torsion).publicKey)).toBe(false)
  expect(verifySignature('lease', repository, honest.publicKey, bytes, signature)).toBe(true)
})
