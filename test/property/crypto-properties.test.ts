import { createHmac } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import { gcm } from '@noble/ciphers/aes.js'
import { hkdf as nobleHkdf } from '@noble/hashes/hkdf.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { FormatError, IntegrityError } from '../../src/errors.ts'
import { open, seal } from '../../src/repository/crypto/aead.ts'
import { ChunkIdentity } from '../../src/repository/crypto/chunk-id.ts'
import { openFrame, sealVerifiedFrame } from '../../src/repository/crypto/frame-codec.ts'
import { hkdf } from '../../src/repository/crypto/hash.ts'
import { openPackKeys, sealPackKeys } from '../../src/repository/crypto/pack-keys.ts'
import { createRecoveryCode, readRecoveryCode } from '../../src/repository/crypto/recovery.ts'
import { SigningKey, verifySignature } from '../../src/repository/crypto/signing.ts'
import { DecapsulationKey, EncapsulationKey } from '../../src/repository/crypto/x-wing.ts'
import { decompress } from '../../src/repository/crypto/zstd.ts'
import { countedProperties } from '../support/properties.ts'

const property = countedProperties('property-crypto')

const bytes = (length: number): fc.Arbitrary<Buffer> => fc.uint8Array({ minLength: length, maxLength: length }).map((b) => Buffer.from(b))
const content = fc
  .tuple(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 3000 }))
  .map(([piece, repeated]) => Buffer.concat([piece, Buffer.alloc(piece.length === 0 ? 0 : repeated, piece)]))
const kind = fc.constantFrom(1 as const, 2 as const, 3 as const)

property([bytes(32), bytes(12), content, content, fc.nat(300)])(
  'seal agrees with noble, however the plaintext is cut',
  (key, nonce, ad, plain, cut) => {
    const sealed = Buffer.concat(seal(key, nonce, ad, plain.subarray(0, cut), plain.subarray(cut)))
    expect(sealed.equals(Buffer.from(gcm(key, nonce, ad).encrypt(plain)))).toBe(true)
    expect(open(key, nonce, ad, sealed).equals(plain)).toBe(true)
  },
)

property([bytes(32), bytes(12), content, fc.constantFrom('zstd' as const, 'stored' as const), fc.integer({ min: 1, max: 5 })])(
  'a frame opens to what was sealed',
  (key, nonce, raw, codec, level) => {
    const { parts, sealedBytes } = sealVerifiedFrame(key, nonce, raw, raw, { codec, level })
    const sealed = Buffer.concat(parts)
    expect(sealed.length).toBe(sealedBytes)
    expect(openFrame(key, nonce, raw, sealed, raw.length).equals(raw)).toBe(true)
  },
)

property([content, fc.nat(), fc.integer({ min: 1, max: 255 })])('a sealed frame with one changed byte never opens', (raw, place, mask) => {
  const key = Buffer.alloc(32, 1)
  const nonce = Buffer.alloc(12)
  const sealed = Buffer.concat(sealVerifiedFrame(key, nonce, nonce, raw).parts)
  const at = place % sealed.length
  sealed[at] = (sealed[at] ?? 0) ^ mask
  expect(() => openFrame(key, nonce, nonce, sealed, raw.length)).toThrow(IntegrityError)
})

property([content, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(40), fc.nat(5000)])(
  'whatever stands in a zstd payload, decoding gives exactly the size that is claimed, or a FormatError',
  (raw, place, mask, cut, rawBytes) => {
    const payload = zstdCompressSync(raw)
    const at = place % payload.length
    payload[at] = (payload[at] ?? 0) ^ mask
    try {
      expect(decompress(payload.subarray(0, payload.length - cut), rawBytes).length).toBe(rawBytes)
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError)
    }
  },
)

property([bytes(32), kind, content])('a chunk id is one HMAC', (idKey, chunkKind, plaintext) => {
  const mac = createHmac('sha256', idKey).update('cairn/v1/chunk-id\0').update(Buffer.of(chunkKind)).update(nobleSha256(plaintext)).digest()
  expect(new ChunkIdentity(idKey).id(chunkKind, plaintext).equals(mac)).toBe(true)
})

property([content, content, fc.uint8Array({ maxLength: 1024 }), fc.integer({ min: 1, max: 255 })])(
  'HKDF agrees with noble',
  (ikm, salt, info, length) => {
    expect(hkdf(ikm, salt, info, length).equals(Buffer.from(nobleHkdf(nobleSha256, ikm, salt, info, length)))).toBe(true)
  },
)

property([bytes(32), bytes(32), content, content])('a signature holds for its object alone', (seed, repository, object, other) => {
  const signing = SigningKey.fromSeed(seed)
  const signature = signing.sign('lease', repository, object)
  expect(verifySignature('lease', repository, signing.publicKey, object, signature)).toBe(true)
  expect(verifySignature('lease', repository, signing.publicKey, other, signature)).toBe(object.equals(other))
})

property([
  bytes(32),
  bytes(32),
  fc.nat(0xffff_ffff),
  fc.constantFrom(1 as const, 2 as const),
  fc.nat(1199),
  fc.integer({ min: 1, max: 255 }),
])('a pack header opens to its keys, and with one changed byte to nothing', (seed, repository, epoch, packKind, at, mask) => {
  const key = new DecapsulationKey(seed)
  const readKeys = new Map([[epoch, key]])
  const sealed = sealPackKeys(new EncapsulationKey(key.publicKey), epoch, repository, packKind)
  const expected = { repository, kind: packKind }
  expect(openPackKeys(sealed.header, readKeys, expected)).toEqual({ blockKey: sealed.blockKey, directoryKey: sealed.directoryKey, epoch })
  sealed.header[at] = (sealed.header[at] ?? 0) ^ mask
  expect(() => openPackKeys(sealed.header, readKeys, expected)).toThrow(/./)
})

property([bytes(32)])('a recovery code is read as it was made', (repository) => {
  const { secret, code } = createRecoveryCode(repository)
  expect(readRecoveryCode(code)).toEqual({ secret, repository8: repository.subarray(0, 8) })
})
