import { describe, expect, test } from 'vitest'
import { encodeCheckpoint } from '../../format/checkpoint.ts'
import { encodeSegmentBody } from '../../format/index-segment.ts'
import { encodeManifest } from '../../format/manifest.ts'
import { openFrame, sealVerifiedFrame } from '../../src/repository/crypto/frame-codec.ts'
import { sha256 } from '../../src/repository/crypto/hash.ts'
import type { ReadKeys } from '../../src/repository/crypto/keyset.ts'
import { openManifest, sealManifest, verifyManifest } from '../../src/repository/crypto/manifest-seal.ts'
import { openPackKeys, sealPackKeys } from '../../src/repository/crypto/pack-keys.ts'
import type { PublicKeyOf } from '../../src/repository/crypto/signed-object.ts'
import { SigningKey } from '../../src/repository/crypto/signing.ts'
import {
  openCheckpoint,
  openDetails,
  openSegment,
  sealCheckpoint,
  sealDetails,
  sealSegment,
} from '../../src/repository/crypto/symmetric.ts'
import { DecapsulationKey, EncapsulationKey } from '../../src/repository/crypto/x-wing.ts'
import { CHECKPOINT, MANIFEST, SEGMENT } from '../support/crypto-objects.ts'
import * as oracle from '../support/crypto-oracle.ts'

const keys = oracle.oracleKeys(10)
const { repository } = keys
const sealing = new EncapsulationKey(keys.sealing)
const readKeys: ReadKeys = new Map([[0, new DecapsulationKey(keys.readSeed)]])
const signing = SigningKey.fromSeed(keys.signingSeed)
const stranger = SigningKey.fromSeed(Buffer.alloc(32, 99))
const publicKeyOf: PublicKeyOf = (member) => (Buffer.compare(member, signing.memberId) === 0 ? signing.publicKey : undefined)
const foreign = Buffer.alloc(32, 77)
const context = { repository, publicKeyOf, readKeys }

const integrity = (code: string): Error => expect.objectContaining({ name: 'IntegrityError', code }) as Error
const format = (code: string): Error => expect.objectContaining({ name: 'FormatError', code }) as Error
const noReadKey = expect.objectContaining({ name: 'KeyError', code: 'no-read-key' }) as Error

function flipped(bytes: Uint8Array, at: number, mask = 1): Buffer {
  const changed = Buffer.from(bytes)
  const index = at < 0 ? changed.length + at : at
  changed[index] = (changed[index] ?? 0) ^ mask
  return changed
}

describe('packs', () => {
  const expected = { repository, kind: 1 } as const
  const raw = Buffer.alloc(5000, 'block ')

  test('a header and block built by noble open', () => {
    const { header, blockKey, directoryKey } = oracle.packHeader(keys, 1, 0)
    const opened = openPackKeys(header, readKeys, expected)
    expect(opened.directoryKey).toEqual(Buffer.from(directoryKey))
    const sealed = oracle.aead(blockKey, 3, oracle.blockAd(keys, 1, 3), oracle.frame(raw))
    expect(openFrame(opened.blockKey, oracle.nonce(3), oracle.blockAd(keys, 1, 3), sealed, 5000)).toEqual(raw)
  })

  test('noble opens what was sealed', () => {
    const { header, blockKey, directoryKey } = sealPackKeys(sealing, 0, repository, 2)
    const opened = oracle.openPackHeader(keys, header)
    expect(header.subarray(48, 80)).toEqual(Buffer.from(opened.commitment))
    expect(directoryKey).toEqual(Buffer.from(opened.directoryKey))
    const sealed = Buffer.concat(sealVerifiedFrame(blockKey, oracle.nonce(0), oracle.blockAd(keys, 2, 0), raw).parts)
    expect(oracle.openFrame(oracle.openAead(opened.blockKey, 0, oracle.blockAd(keys, 2, 0), sealed))).toEqual(raw)
  })

  test('keys live for one pack', () => {
    const [a, b] = [sealPackKeys(sealing, 0, repository, 1), sealPackKeys(sealing, 0, repository, 1)]
    expect(a.blockKey.equals(b.blockKey)).toBe(false)
    expect(a.blockKey.equals(a.directoryKey)).toBe(false)
    expect(openPackKeys(a.header, readKeys, expected)).toEqual({ blockKey: a.blockKey, directoryKey: a.directoryKey, epoch: 0 })
  })

  test('a changed byte anywhere in the header is refused', () => {
    const { header } = sealPackKeys(sealing, 0, repository, 1)
    const refusals: [from: number, to: number, error: Error][] = [
      [0, 8, format('pack-magic')],
      [8, 9, format('pack-version')],
      [10, 12, format('pack-reserved')],
      [12, 16, integrity('pack-epoch')],
      [16, 48, integrity('pack-repository')],
      [48, 80, integrity('pack-commitment')],
      [80, 1200, integrity('pack-commitment')],
    ]
    for (const [from, to, error] of refusals) {
      for (let at = from; at < to; at += at < 80 ? 1 : 37) {
        expect(() => openPackKeys(flipped(header, at), readKeys, expected), `byte ${at}`).toThrow(error)
      }
    }
    expect(() => openPackKeys(flipped(header, 9, 0x10), readKeys, expected)).toThrow(format('pack-kind'))
    expect(() => openPackKeys(header.subarray(0, 1199), readKeys, expected)).toThrow(format('pack-truncated'))
  })

  // LESSONS: CVE-2016-10099 and CVE-2023-36811 (borg): what users stored was accepted as a manifest.
  test('relabelling data as tree is refused, with and without the label', () => {
    const { header } = sealPackKeys(sealing, 0, repository, 1)
    expect(() => openPackKeys(header, readKeys, { repository, kind: 2 })).toThrow(integrity('pack-kind'))
    expect(() => openPackKeys(flipped(header, 9, 3), readKeys, { repository, kind: 2 })).toThrow(integrity('pack-commitment'))
  })

  test('a pack of another repository, epoch or read key is refused', () => {
    const other = sealPackKeys(sealing, 0, foreign, 1).header
    expect(() => openPackKeys(other, readKeys, expected)).toThrow(integrity('pack-repository'))
    repository.copy(other, 16)
    expect(() => openPackKeys(other, readKeys, expected)).toThrow(integrity('pack-commitment'))
    const { header } = sealPackKeys(sealing, 1, repository, 1)
    expect(() => openPackKeys(header, readKeys, expected)).toThrow(integrity('pack-epoch'))
    header.writeUInt32BE(0, 12)
    expect(() => openPackKeys(header, readKeys, expected)).toThrow(integrity('pack-commitment'))
    const wrongKey = new Map([[0, new DecapsulationKey(Buffer.alloc(32, 66))]])
    expect(() => openPackKeys(sealPackKeys(sealing, 0, repository, 1).header, wrongKey, expected)).toThrow(integrity('pack-commitment'))
  })

  test('a writer, who holds no read key, is told so', () => {
    const { header } = sealPackKeys(sealing, 0, repository, 1)
    expect(() => openPackKeys(header, undefined, expected)).toThrow(noReadKey)
    expect(() => openPackKeys(header, new Map(), expected)).toThrow(noReadKey)
  })

  test('blocks that were swapped or moved into the directory are refused', () => {
    const { blockKey, directoryKey } = sealPackKeys(sealing, 0, repository, 1)
    const sealed = Buffer.concat(sealVerifiedFrame(blockKey, oracle.nonce(0), oracle.blockAd(keys, 1, 0), raw).parts)
    const refused = integrity('authentication')
    expect(() => openFrame(blockKey, oracle.nonce(1), oracle.blockAd(keys, 1, 1), sealed, 5000)).toThrow(refused)
    expect(() => openFrame(blockKey, oracle.nonce(0), oracle.blockAd(keys, 2, 0), sealed, 5000)).toThrow(refused)
    expect(() => openFrame(directoryKey, oracle.nonce(0), oracle.blockAd(keys, 1, 0), sealed, 5000)).toThrow(refused)
  })
})

describe('manifests', () => {
  const sealer = { repository, epoch: 0, sealing, signing }

  test('one built by noble opens', () => {
    const object = oracle.sealManifest(keys, 0, encodeManifest(MANIFEST))
    expect(openManifest(object, context)).toMatchObject({ manifest: { series: 'storage' }, signer: signing.memberId, epoch: 0 })
  })

  test('noble opens what was sealed; the name is the hash', () => {
    const { id, bytes } = sealManifest(MANIFEST, sealer)
    expect(oracle.openManifest(keys, bytes)).toEqual(encodeManifest(MANIFEST))
    expect(id).toEqual(sha256(bytes))
    expect(verifyManifest(bytes, { repository, publicKeyOf })).toEqual({ signer: signing.memberId, epoch: 0 })
  })

  test('a changed byte anywhere is refused', () => {
    const { bytes } = sealManifest(MANIFEST, sealer)
    const refusals: [from: number, to: number, step: number, error: Error][] = [
      [0, 8, 1, format('manifest-magic')],
      [8, 9, 1, format('manifest-version')],
      [9, 12, 1, format('manifest-reserved')],
      [12, 16, 1, integrity('manifest-signature')],
      [16, 48, 1, integrity('manifest-repository')],
      [48, 80, 1, integrity('manifest-signer')],
      [80, bytes.length, 13, integrity('manifest-signature')],
      [bytes.length - 64, bytes.length, 1, integrity('manifest-signature')],
    ]
    for (const [from, to, step, error] of refusals) {
      for (let at = from; at < to; at += step) expect(() => openManifest(flipped(bytes, at), context), `byte ${at}`).toThrow(error)
    }
    expect(() => openManifest(bytes.subarray(0, -1), context)).toThrow(integrity('manifest-signature'))
    expect(() => openManifest(bytes.subarray(0, 1240), context)).toThrow(integrity('manifest-signature'))
    expect(() => openManifest(bytes.subarray(0, 1231), context)).toThrow(format('manifest-truncated'))
  })

  test('what a member signed, but that does not fit its keys, is refused', () => {
    const resigned = (change: (unsigned: Buffer) => void): Buffer => {
      const unsigned = Buffer.from(sealManifest(MANIFEST, sealer).bytes.subarray(0, -64))
      change(unsigned)
      return Buffer.concat([unsigned, signing.sign('manifest', repository, unsigned)])
    }
    expect(() =>
      openManifest(
        resigned((bytes) => bytes.writeUInt8(1, 15)),
        context,
      ),
    ).toThrow(integrity('manifest-epoch'))
    expect(() =>
      openManifest(
        resigned((bytes) => bytes.writeUInt32BE(0, 80)),
        context,
      ),
    ).toThrow(integrity('manifest-commitment'))
    expect(() =>
      openManifest(
        resigned((bytes) => bytes.writeUInt32BE(0, 112)),
        context,
      ),
    ).toThrow(integrity('manifest-commitment'))
    expect(() =>
      openManifest(
        resigned((bytes) => bytes.writeUInt32BE(0, 1232)),
        context,
      ),
    ).toThrow(integrity('authentication'))
  })

  test('a signer takes no other member for itself: the body is bound to who signed', () => {
    const both: PublicKeyOf = (member) => (Buffer.compare(member, stranger.memberId) === 0 ? stranger.publicKey : publicKeyOf(member))
    const unsigned = Buffer.from(sealManifest(MANIFEST, sealer).bytes.subarray(0, -64))
    stranger.memberId.copy(unsigned, 48)
    const stolen = Buffer.concat([unsigned, stranger.sign('manifest', repository, unsigned)])
    expect(() => openManifest(stolen, { ...context, publicKeyOf: both })).toThrow(integrity('authentication'))
  })

  // LESSONS: plakar verifies a signature with the key that stands in what is signed: here it comes from the journal.
  test('a manifest by nobody, of another repository, or without a read key is refused', () => {
    expect(() => openManifest(sealManifest(MANIFEST, { ...sealer, signing: stranger }).bytes, context)).toThrow(
      integrity('manifest-signer'),
    )
    expect(() => openManifest(sealManifest(MANIFEST, { ...sealer, repository: foreign }).bytes, context)).toThrow(
      integrity('manifest-repository'),
    )
    const { bytes } = sealManifest(MANIFEST, sealer)
    expect(() => openManifest(bytes, { ...context, readKeys: undefined })).toThrow(noReadKey)
    const wrongKey = () => stranger.publicKey
    expect(() => openManifest(bytes, { ...context, publicKeyOf: wrongKey })).toThrow(integrity('manifest-signature'))
  })

  test('a signature for a segment does not pass for that of a manifest', () => {
    const { bytes } = sealManifest(MANIFEST, sealer)
    const unsigned = bytes.subarray(0, -64)
    const crossed = Buffer.concat([unsigned, signing.sign('index-segment', repository, unsigned)])
    expect(() => openManifest(crossed, context)).toThrow(integrity('manifest-signature'))
  })
})

describe('index segments', () => {
  const indexKey = Buffer.alloc(32, 21)
  const opener = { repository, indexKey, publicKeyOf }

  test('one built by noble opens', () => {
    const { body, signer } = openSegment(oracle.sealSegment(keys, indexKey, encodeSegmentBody(SEGMENT)), opener)
    expect(signer).toEqual(signing.memberId)
    expect(encodeSegmentBody(body)).toEqual(encodeSegmentBody(SEGMENT))
  })

  test('noble opens what was sealed, and no salt is used twice', () => {
    const [a, b] = [sealSegment(SEGMENT, { repository, indexKey, signing }), sealSegment(SEGMENT, { repository, indexKey, signing })]
    expect(oracle.openSegment(keys, indexKey, a.bytes)).toEqual(encodeSegmentBody(SEGMENT))
    expect(a.id).toEqual(sha256(a.bytes))
    expect(a.bytes.subarray(80, 112).equals(b.bytes.subarray(80, 112))).toBe(false)
  })

  test('a changed byte, another key, repository or signer is refused', () => {
    const { bytes } = sealSegment(SEGMENT, { repository, indexKey, signing })
    const codes = [
      [0, format('segment-magic')],
      [8, format('segment-version')],
      [9, format('segment-reserved')],
      [16, integrity('index-segment-repository')],
      [48, integrity('index-segment-signer')],
    ] as const
    for (const [at, error] of codes) expect(() => openSegment(flipped(bytes, at), opener)).toThrow(error)
    for (let at = 80; at < bytes.length; at += 1) {
      expect(() => openSegment(flipped(bytes, at), opener)).toThrow(integrity('index-segment-signature'))
    }
    expect(() => openSegment(bytes, { ...opener, indexKey: foreign })).toThrow(integrity('authentication'))
    expect(() => openSegment(sealSegment(SEGMENT, { repository, indexKey, signing: stranger }).bytes, opener)).toThrow(
      integrity('index-segment-signer'),
    )
    expect(() => openSegment(sealSegment(SEGMENT, { repository: foreign, indexKey, signing }).bytes, opener)).toThrow(
      integrity('index-segment-repository'),
    )
  })
})

describe('checkpoints', () => {
  const journalKey = Buffer.alloc(32, 22)
  const opener = { repository, journalKey }

  test('round trip with noble, both ways', () => {
    const raw = encodeCheckpoint(CHECKPOINT)
    expect(openCheckpoint(oracle.sealCheckpoint(keys, journalKey, raw), opener).sequence).toBe(3)
    const { id, bytes } = sealCheckpoint(CHECKPOINT, opener)
    expect(oracle.openCheckpoint(keys, journalKey, bytes)).toEqual(raw)
    expect(id).toEqual(sha256(bytes))
  })

  test('a changed byte, another key or repository is refused', () => {
    const { bytes } = sealCheckpoint(CHECKPOINT, opener)
    for (let at = 48; at < bytes.length; at += 7)
      expect(() => openCheckpoint(flipped(bytes, at), opener)).toThrow(integrity('authentication'))
    expect(() => openCheckpoint(flipped(bytes, 20), opener)).toThrow(integrity('checkpoint-repository'))
    expect(() => openCheckpoint(flipped(bytes, 0), opener)).toThrow(format('checkpoint-magic'))
    expect(() => openCheckpoint(bytes, { repository, journalKey: foreign })).toThrow(integrity('authentication'))
    expect(() => openCheckpoint(bytes.subarray(0, 90), opener)).toThrow(integrity('authentication'))
  })
})

describe('journal details', () => {
  const journalKey = Buffer.alloc(32, 23)
  const unsealed = oracle.cbor({ v: 1, sequence: 4, sealed: new Uint8Array(0) })
  const details = oracle.cbor({ series: 'storage' })
  const opener = { repository, journalKey, unsealed }

  test('round trip with noble, both ways', () => {
    expect(openDetails(oracle.sealDetails(keys, journalKey, unsealed, details), opener)).toEqual(details)
    const [a, b] = [sealDetails(details, opener), sealDetails(details, opener)]
    expect(oracle.openDetails(keys, journalKey, unsealed, a)).toEqual(details)
    expect(a.subarray(0, 32).equals(b.subarray(0, 32))).toBe(false)
  })

  test('a changed byte, another entry, key or repository is refused', () => {
    const sealed = sealDetails(details, opener)
    const refused = integrity('authentication')
    for (let at = 0; at < sealed.length; at += 1) {
      expect(() => openDetails(flipped(sealed, at), opener)).toThrow(refused)
      expect(() => openDetails(sealed.subarray(0, at), opener)).toThrow(refused)
    }
    expect(() => openDetails(sealed, { ...opener, unsealed: oracle.cbor({ v: 1, sequence: 5 }) })).toThrow(refused)
    expect(() => openDetails(sealed, { ...opener, journalKey: foreign })).toThrow(refused)
    expect(() => openDetails(sealed, { ...opener, repository: foreign })).toThrow(refused)
  })

  test('details that no reader would open are not sealed', () => {
    expect(() => sealDetails(Buffer.alloc((1 << 20) + 1), opener)).toThrow(format('details-too-large'))
  })
})
