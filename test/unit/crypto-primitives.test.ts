import { gcm } from '@noble/ciphers/aes.js'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { argon2id as nobleArgon2id } from '@noble/hashes/argon2.js'
import { hkdf as nobleHkdf } from '@noble/hashes/hkdf.js'
import { hmac as nobleHmac } from '@noble/hashes/hmac.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { describe, expect, test } from 'vitest'
import { open, openParts, seal } from '../../src/repository/crypto/aead.ts'
import { ARGON2_DEFAULTS, argon2id } from '../../src/repository/crypto/argon2.ts'
import { ChunkIdentity, contentId } from '../../src/repository/crypto/chunk-id.ts'
import { equalSecret, hkdf, hmacSha256, sha256 } from '../../src/repository/crypto/hash.ts'
import { memberId, SigningKey, verifySignature } from '../../src/repository/crypto/signing.ts'
import { openXChaCha, sealXChaCha } from '../../src/repository/crypto/xchacha.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const ascii = (text: string): Buffer => Buffer.from(text, 'ascii')
const domain = (name: string): Buffer => ascii(`cairn/v1/${name}\0`)
const key = Buffer.alloc(32, 7)
const nonce = Buffer.alloc(12, 3)

describe('hashes', () => {
  test('SHA-256 of "abc" (FIPS 180-4), whole and in parts', () => {
    const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    expect(sha256(ascii('abc')).toString('hex')).toBe(expected)
    expect(sha256(ascii('a'), ascii(''), ascii('bc')).toString('hex')).toBe(expected)
    expect(sha256()).toEqual(sha256(Buffer.alloc(0)))
  })

  test('HMAC-SHA-256 (RFC 4231, case 2)', () => {
    const mac = hmacSha256(ascii('Jefe'), ascii('what do ya want '), ascii('for nothing?'))
    expect(mac.toString('hex')).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
  })

  test('HKDF-SHA-256 (RFC 5869, case 1)', () => {
    const okm = hkdf(Buffer.alloc(22, 0x0b), hex('000102030405060708090a0b0c'), hex('f0f1f2f3f4f5f6f7f8f9'), 42)
    expect(okm.toString('hex')).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865')
    expect(hkdf(key, nonce, domain('x'))).toEqual(Buffer.from(nobleHkdf(nobleSha256, key, nonce, domain('x'), 32)))
  })

  test('secrets are equal only when every byte and the length are', () => {
    expect(equalSecret(Buffer.from([1, 2]), Buffer.from([1, 2]))).toBe(true)
    expect(equalSecret(Buffer.from([1, 2]), Buffer.from([1, 3]))).toBe(false)
    expect(equalSecret(Buffer.from([1, 2]), Buffer.from([1]))).toBe(false)
  })
})

describe('chunk ids', () => {
  test('are HMAC(id key, D ‖ kind ‖ H(plaintext)), whatever was named before', () => {
    const identity = new ChunkIdentity(key)
    const plaintext = ascii('some content')
    for (const kind of [1, 2, 3, 1] as const) {
      const input = Buffer.concat([domain('chunk-id'), Buffer.of(kind), nobleSha256(plaintext)])
      expect(identity.id(kind, plaintext)).toEqual(Buffer.from(nobleHmac(nobleSha256, key, input)))
    }
  })

  test('an id is not changed by the next one', () => {
    const identity = new ChunkIdentity(key)
    const first = identity.id(1, ascii('a'))
    const copy = Buffer.from(first)
    identity.id(1, ascii('b'))
    expect(first).toEqual(copy)
  })

  test('content id', () => {
    expect(contentId(hex('83000080'))).toEqual(Buffer.from(nobleSha256(Buffer.concat([domain('content-id'), hex('83000080')]))))
  })
})

describe('AES-256-GCM', () => {
  test('NIST cases 13, 14 and 16', () => {
    const zero = Buffer.alloc(32)
    const seals = (k: Buffer, n: Buffer, ad: Buffer, p: Buffer): string => Buffer.concat(seal(k, n, ad, p)).toString('hex')
    expect(seals(zero, Buffer.alloc(12), Buffer.alloc(0), Buffer.alloc(0))).toBe('530f8afbc74536b9a963b4f1c4cb738b')
    expect(seals(zero, Buffer.alloc(12), Buffer.alloc(0), Buffer.alloc(16))).toBe(
      'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
    )
    const k = hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308')
    const p = hex(
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    )
    const sealed = seals(k, hex('cafebabefacedbaddecaf888'), hex('feedfacedeadbeeffeedfacedeadbeefabaddad2'), p)
    expect(sealed.slice(-32)).toBe('76fc6ece0f4e1768cddf8853bb2d551b')
  })

  test('agrees with noble, in one part and in several', () => {
    const ad = ascii('ad')
    const plain = Buffer.alloc(100_003, 'plain text ')
    const expected = Buffer.from(gcm(key, nonce, ad).encrypt(plain))
    const parts = seal(key, nonce, ad, plain.subarray(0, 8), plain.subarray(8))
    expect(Buffer.concat(parts)).toEqual(expected)
    expect(open(key, nonce, ad, expected)).toEqual(plain)
    expect(Buffer.concat(openParts(key, nonce, ad, parts))).toEqual(plain)
  })

  test('refuses a changed byte anywhere, another key, nonce or associated data, and truncation', () => {
    const ad = ascii('ad')
    const sealed = Buffer.concat(seal(key, nonce, ad, ascii('secret')))
    const refused = expect.objectContaining({ name: 'IntegrityError', code: 'authentication' })
    for (let i = 0; i < sealed.length; i += 1) {
      const changed = Buffer.from(sealed)
      changed[i] = (changed[i] ?? 0) ^ 1
      expect(() => open(key, nonce, ad, changed)).toThrow(refused)
      expect(() => open(key, nonce, ad, sealed.subarray(0, i))).toThrow(refused)
    }
    expect(() => open(Buffer.alloc(32), nonce, ad, sealed)).toThrow(refused)
    expect(() => open(key, Buffer.alloc(12), ad, sealed)).toThrow(refused)
    expect(() => open(key, nonce, ascii('da'), sealed)).toThrow(refused)
    expect(() => openParts(key, nonce, ad, [sealed])).toThrow(refused)
    expect(() => openParts(key, nonce, ad, [])).toThrow(refused)
  })
})

describe('XChaCha20-Poly1305', () => {
  test('draft-irtf-cfrg-xchacha A.3.1', async () => {
    const plain = ascii(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    )
    const ad = hex('50515253c0c1c2c3c4c5c6c7')
    const k = hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f')
    const n = hex('404142434445464748494a4b4c4d4e4f5051525354555657')
    const sealed = await sealXChaCha(k, n, ad, plain)
    expect(sealed.subarray(-16).toString('hex')).toBe('c0875924c1c7987947deafd8780acf49')
    expect(sealed).toEqual(Buffer.from(xchacha20poly1305(k, n, ad).encrypt(plain)))
    expect(openXChaCha(k, n, ad, sealed)).toEqual(plain)
    sealed[0] = (sealed[0] ?? 0) ^ 1
    expect(openXChaCha(k, n, ad, sealed)).toBeUndefined()
    expect(openXChaCha(k, n, ad, sealed.subarray(0, 15))).toBeUndefined()
  })
})

describe('Argon2id', () => {
  const small = { memoryKiB: 64, passes: 2, lanes: 2 }
  const salt = Buffer.alloc(16, 9)

  test('agrees with noble', async () => {
    const expected = nobleArgon2id(Buffer.from('pässword', 'utf8'), salt, { t: 2, m: 64, p: 2, dkLen: 32 })
    expect(await argon2id('pässword', salt, small)).toEqual(Buffer.from(expected))
  })

  test('takes a passphrase in NFC', async () => {
    expect(await argon2id('pa\u0308ss', salt, small)).toEqual(await argon2id('p\u00e4ss', salt, small))
  })

  test.each([
    ['memory', { ...ARGON2_DEFAULTS, memoryKiB: 1_048_577 }],
    ['memory that wraps', { ...ARGON2_DEFAULTS, memoryKiB: 2 ** 32 + 64 }],
    ['too little memory', { memoryKiB: 31, passes: 1, lanes: 4 }],
    ['passes', { ...ARGON2_DEFAULTS, passes: 17 }],
    ['no pass', { ...ARGON2_DEFAULTS, passes: 0 }],
    ['lanes', { ...ARGON2_DEFAULTS, lanes: 17 }],
    ['no lane', { ...ARGON2_DEFAULTS, lanes: 0 }],
  ])('absurd parameters from an untrusted file are refused before work: %s', async (_, parameters) => {
    const start = performance.now()
    await expect(argon2id('x', salt, parameters)).rejects.toMatchObject({
      name: 'FormatError',
      code: expect.stringMatching(/^slot-argon2-/),
    })
    expect(performance.now() - start).toBeLessThan(50)
  })

  test('an empty or malformed passphrase is refused', async () => {
    await expect(argon2id('', salt, small)).rejects.toMatchObject({ name: 'UsageError' })
    await expect(argon2id('a\ud800', salt, small)).rejects.toMatchObject({ name: 'UsageError' })
  })
})

describe('Ed25519', () => {
  // RFC 8032 §7.1, test 1.
  const seed = hex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
  const repository = Buffer.alloc(32, 5)
  const signing = SigningKey.fromSeed(seed)
  const bytes = ascii('an object')

  test('public key (RFC 8032 §7.1, test 1) and member id', () => {
    expect(signing.publicKey.toString('hex')).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
    expect(signing.memberId).toEqual(Buffer.from(nobleSha256(Buffer.concat([domain('member'), signing.publicKey]))))
    expect(memberId(signing.publicKey)).toEqual(signing.memberId)
  })

  test('signs as noble does, and verifies what noble signed', () => {
    const input = Buffer.concat([domain('sign-manifest'), repository, signing.memberId, nobleSha256(bytes)])
    const expected = Buffer.from(ed25519.sign(input, seed))
    expect(signing.sign('manifest', repository, bytes)).toEqual(expected)
    expect(verifySignature('manifest', repository, signing.publicKey, bytes, expected)).toBe(true)
  })

  test('a signature is worth nothing for another kind, repository, member or object', () => {
    const signature = signing.sign('manifest', repository, bytes)
    const other = SigningKey.fromSeed(Buffer.alloc(32, 1))
    expect(verifySignature('lease', repository, signing.publicKey, bytes, signature)).toBe(false)
    expect(verifySignature('manifest', Buffer.alloc(32), signing.publicKey, bytes, signature)).toBe(false)
    expect(verifySignature('manifest', repository, other.publicKey, bytes, signature)).toBe(false)
    expect(verifySignature('manifest', repository, signing.publicKey, ascii('an 0bject'), signature)).toBe(false)
    expect(verifySignature('manifest', repository, signing.publicKey, bytes, signature.subarray(1))).toBe(false)
    expect(verifySignature('manifest', repository, signing.publicKey.subarray(1), bytes, signature)).toBe(false)
    expect(verifySignature('manifest', repository, Buffer.alloc(32, 0xff), bytes, signature)).toBe(false)
    for (let i = 0; i < signature.length; i += 1) {
      const changed = Buffer.from(signature)
      changed[i] = (changed[i] ?? 0) ^ 0x10
      expect(verifySignature('manifest', repository, signing.publicKey, bytes, changed)).toBe(false)
    }
  })

  test('a seed of another length is refused', () => {
    expect(() => SigningKey.fromSeed(Buffer.alloc(31))).toThrow(expect.objectContaining({ code: 'signing-seed' }))
  })
})
