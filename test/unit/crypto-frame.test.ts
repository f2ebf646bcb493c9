import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { gcm } from '@noble/ciphers/aes.js'
import { describe, expect, test } from 'vitest'
import { encodeFrameHeader } from '../../format/frame.ts'
import { seal } from '../../src/repository/crypto/aead.ts'
import { openFrame, sealFrame, sealVerifiedFrame } from '../../src/repository/crypto/frame-codec.ts'
import { decompress } from '../../src/repository/crypto/zstd.ts'
import { randomBytes } from '../../src/runtime/random.ts'

const key = Buffer.alloc(32, 7)
const nonce = Buffer.alloc(12, 3)
const ad = Buffer.from('ad')
const text = Buffer.alloc(300_000, 'a text that compresses; ')
const MAX = 1 << 24

const format = (code: string): Error => expect.objectContaining({ name: 'FormatError', code }) as Error
const sealPlain = (...parts: Uint8Array[]): Buffer => Buffer.concat(seal(key, nonce, ad, ...parts))

describe('frames', () => {
  test('a frame is the AEAD of codec, zeros, raw size and one zstd frame (built by noble)', () => {
    const payload = zstdCompressSync(text)
    const plain = Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 4, 0x93, 0xe0]), payload])
    expect(openFrame(key, nonce, ad, Buffer.from(gcm(key, nonce, ad).encrypt(plain)), MAX)).toEqual(text)
  })

  test('noble opens what was sealed', () => {
    const { parts, sealedBytes, codec } = sealVerifiedFrame(key, nonce, ad, text, { level: 19 })
    const sealed = Buffer.concat(parts)
    expect(codec).toBe('zstd')
    expect(sealed.length).toBe(sealedBytes)
    const plain = Buffer.from(gcm(key, nonce, ad).decrypt(sealed))
    expect(plain.subarray(0, 8).toString('hex')).toBe('01000000000493e0')
    expect(zstdDecompressSync(plain.subarray(8))).toEqual(text)
  })

  test('what does not shrink by 3 percent is stored as it is, and so is what a probe found incompressible', () => {
    const random = randomBytes(100_000)
    expect(sealFrame(key, nonce, ad, random).codec).toBe('stored')
    expect(sealVerifiedFrame(key, nonce, ad, text, { codec: 'stored' })).toMatchObject({ codec: 'stored', sealedBytes: text.length + 24 })
    const almost = Buffer.concat([random, Buffer.alloc(2_000)])
    expect(sealVerifiedFrame(key, nonce, ad, almost).codec).toBe('stored')
    expect(sealVerifiedFrame(key, nonce, ad, Buffer.concat([random, Buffer.alloc(5_000)])).codec).toBe('zstd')
  })

  test.each([0, 1, 7, 8, 131_072, 131_073, 4 << 20])('round trip of %i bytes, at every codec', (bytes) => {
    const raw = Buffer.alloc(bytes, 'abc def ')
    for (const codec of ['zstd', 'stored'] as const) {
      const sealed = Buffer.concat(sealVerifiedFrame(key, nonce, ad, raw, { codec }).parts)
      expect(openFrame(key, nonce, ad, sealed, Math.max(bytes, 1)).equals(raw)).toBe(true)
    }
  })

  // LESSONS: decompression bombs: caps before work.
  test('a raw size beyond the limit is refused before anything is decompressed', () => {
    const bomb = sealPlain(encodeFrameHeader(1, 0xffff_ffff), zstdCompressSync(Buffer.alloc(1 << 20)))
    expect(() => openFrame(key, nonce, ad, bomb, MAX)).toThrow(format('frame-too-large'))
  })

  test('a frame that decodes to more than it says stops at what it says', () => {
    const bomb = sealPlain(encodeFrameHeader(1, 100), zstdCompressSync(Buffer.alloc(64 << 20)))
    expect(() => openFrame(key, nonce, ad, bomb, MAX)).toThrow(format('frame-zstd'))
  })

  test.each<[string, (frame: Buffer) => Buffer]>([
    ['bytes behind it', (frame) => Buffer.concat([frame, Buffer.from('x')])],
    ['a second frame', (frame) => Buffer.concat([frame, zstdCompressSync(Buffer.from('second'))])],
    ['a skippable frame behind it', (frame) => Buffer.concat([frame, Buffer.from('502a4d180100000000', 'hex')])],
    ['a skippable frame before it', (frame) => Buffer.concat([Buffer.from('502a4d180100000000', 'hex'), frame])],
    ['its last byte missing', (frame) => frame.subarray(0, -1)],
    ['its last block missing', (frame) => frame.subarray(0, 12)],
    ['nothing in it', () => Buffer.alloc(0)],
    ['the magic only', (frame) => frame.subarray(0, 4)],
    ['a raw block that ends beyond it', () => Buffer.from('28b52ffd2002ffffff', 'hex')],
    ['a reserved block type', () => Buffer.from('28b52ffd200117000061', 'hex')],
    ['a dictionary', () => Buffer.from('28b52ffd21010109000061', 'hex')],
  ])('a payload that is not exactly one zstd frame is refused: %s', (_, change) => {
    const payload = change(zstdCompressSync(text))
    const sealed = sealPlain(encodeFrameHeader(1, text.length), payload)
    expect(() => openFrame(key, nonce, ad, sealed, MAX)).toThrow(format('frame-zstd'))
  })

  test('frames of every shape of header decode: without content size, with checksum, empty', () => {
    const { ZSTD_c_checksumFlag, ZSTD_c_contentSizeFlag } = constants
    for (const params of [{ [ZSTD_c_checksumFlag]: 1 }, { [ZSTD_c_contentSizeFlag]: 0 }]) {
      for (const raw of [text, Buffer.alloc(0), Buffer.alloc(200), Buffer.alloc(1000), text.subarray(0, 70_000), randomBytes(300)]) {
        expect(decompress(zstdCompressSync(raw, { params }), raw.length).equals(raw)).toBe(true)
      }
    }
  })

  test('a frame that decodes to less than it says is refused', () => {
    const sealed = sealPlain(encodeFrameHeader(1, text.length + 1), zstdCompressSync(text))
    expect(() => openFrame(key, nonce, ad, sealed, MAX)).toThrow(format('frame-zstd'))
  })

  test('sealed bytes of another key, nonce or place do not authenticate', () => {
    const sealed = Buffer.concat(sealFrame(key, nonce, ad, text).parts)
    const refused = expect.objectContaining({ name: 'IntegrityError', code: 'authentication' })
    expect(() => openFrame(Buffer.alloc(32), nonce, ad, sealed, MAX)).toThrow(refused)
    expect(() => openFrame(key, Buffer.alloc(12), ad, sealed, MAX)).toThrow(refused)
    expect(() => openFrame(key, nonce, Buffer.from('da'), sealed, MAX)).toThrow(refused)
  })
})
