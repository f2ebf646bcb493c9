import { ml_kem768_x25519 as nobleXWing } from '@noble/post-quantum/hybrid.js'
import { describe, expect, test } from 'vitest'
import { DecapsulationKey, EncapsulationKey, generateSeed, publicKey } from '../../src/repository/crypto/x-wing.ts'

// draft-connolly-cfrg-xwing-kem, appendix C, vector 1.
const SEED = Buffer.from('7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26', 'hex')
const ENCAPSULATION_SEED = Buffer.from(
  '3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2',
  'hex',
)
const SECRET = 'd2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384'
const X25519_AT = 1088

describe('X-Wing', () => {
  test('opens the ciphertext of vector 1 of the draft', () => {
    const { cipherText } = nobleXWing.encapsulate(new Uint8Array(publicKey(SEED)), new Uint8Array(ENCAPSULATION_SEED))
    expect(publicKey(SEED).toString('hex', 0, 16)).toBe('e2236b35a8c24b39b10aa1323a96a919')
    expect(new DecapsulationKey(SEED).decapsulate(cipherText).toString('hex')).toBe(SECRET)
  })

  test.each([1, 2, 3, 4, 5])('agrees with noble both ways (%i)', () => {
    const seed = generateSeed()
    const noble = nobleXWing.keygen(new Uint8Array(seed))
    const own = new DecapsulationKey(seed)
    expect(own.publicKey).toEqual(Buffer.from(noble.publicKey))
    const sealed = new EncapsulationKey(noble.publicKey).encapsulate()
    expect(sealed.ciphertext.length).toBe(1120)
    expect(sealed.secret).toEqual(Buffer.from(nobleXWing.decapsulate(new Uint8Array(sealed.ciphertext), noble.secretKey)))
    const byNoble = nobleXWing.encapsulate(new Uint8Array(own.publicKey))
    expect(own.decapsulate(byNoble.cipherText)).toEqual(Buffer.from(byNoble.sharedSecret))
  })

  test('two encapsulations share nothing', () => {
    const key = new EncapsulationKey(publicKey(SEED))
    const [a, b] = [key.encapsulate(), key.encapsulate()]
    expect(a.secret.equals(b.secret)).toBe(false)
    expect(a.ciphertext.subarray(X25519_AT).equals(b.ciphertext.subarray(X25519_AT))).toBe(false)
  })

  test('a changed ciphertext or another key gives another secret', () => {
    const own = new DecapsulationKey(SEED)
    const { ciphertext, secret } = new EncapsulationKey(own.publicKey).encapsulate()
    for (const at of [0, 500, X25519_AT - 1, X25519_AT]) {
      const changed = Buffer.from(ciphertext)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(own.decapsulate(changed).equals(secret)).toBe(false)
    }
    expect(new DecapsulationKey(generateSeed()).decapsulate(ciphertext).equals(secret)).toBe(false)
  })

  test.each([
    ['zero', '0000000000000000000000000000000000000000000000000000000000000000'],
    ['one', '0100000000000000000000000000000000000000000000000000000000000000'],
    ['order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
    ['p − 1', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ])('an X25519 half of low order is refused on both sides: %s', (_, point) => {
    const own = new DecapsulationKey(SEED)
    const { ciphertext } = new EncapsulationKey(own.publicKey).encapsulate()
    const refused = expect.objectContaining({ name: 'IntegrityError', code: 'x-wing-secret' })
    expect(() => own.decapsulate(Buffer.concat([ciphertext.subarray(0, X25519_AT), Buffer.from(point, 'hex')]))).toThrow(refused)
    const lowOrder = new EncapsulationKey(Buffer.concat([own.publicKey.subarray(0, 1184), Buffer.from(point, 'hex')]))
    expect(() => lowOrder.encapsulate()).toThrow(refused)
  })

  test('wrong sizes and an ML-KEM key beyond its modulus are refused', () => {
    const code = (name: string): unknown => expect.objectContaining({ name: 'FormatError', code: name })
    expect(() => new DecapsulationKey(Buffer.alloc(64))).toThrow(code('x-wing-seed'))
    expect(() => new EncapsulationKey(Buffer.alloc(1184))).toThrow(code('x-wing-public-key'))
    expect(() => new EncapsulationKey(Buffer.alloc(1216, 0xff))).toThrow(code('x-wing-public-key'))
    expect(() => new DecapsulationKey(SEED).decapsulate(Buffer.alloc(1119))).toThrow(code('x-wing-ciphertext'))
  })
})
