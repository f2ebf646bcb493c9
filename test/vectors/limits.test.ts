// The limits of SPEC §10 that need more bytes than a vector should have, and what encoders refuse.

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { concat, fromHex, u32 } from '../../format/bytes.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../format/cbor.ts'
import { decodeCheckpoint } from '../../format/checkpoint.ts'
import { encodeDetails } from '../../format/details.ts'
import { checkClear } from '../../format/events.ts'
import { FormatError } from '../../format/format-error.ts'
import { decodeSegmentBody } from '../../format/index-segment.ts'
import { decodeSlot } from '../../format/key-slot.ts'
import { LIMITS } from '../../format/limits.ts'
import { decodeManifest, encodeManifest } from '../../format/manifest.ts'
import { membersFromCbor } from '../../format/member.ts'
import { decodeRecoveryCode, encodeRecoveryCode } from '../../format/recovery-code.ts'
import { decodeRepositoryJson } from '../../format/repository-json.ts'
import { journalKey, leaseKey } from '../../format/store-key.ts'
import { decodeEntries, decodeEntry, encodeEntries, encodeEntry } from '../../format/tree.ts'
import { file, manifest, snapshotDetails } from '../../format/vectors/fixtures.ts'
import { fill } from '../../format/vectors/vector.ts'

const MIB = 1024 * 1024

function flawOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    return error instanceof FormatError ? error.code : String(error)
  }
  return 'none'
}

function nested(depth: number): CborValue {
  return depth === 0 ? 0 : [nested(depth - 1)]
}

describe('objects that are too large', () => {
  test('a tree entry of more than 1 MiB', () => {
    const xattrs = Array.from({ length: 300 }, (_, i) => ({
      name: Buffer.from(`user.${String(i).padStart(4, '0')}`),
      value: fill(4096, 1),
    }))
    expect(flawOf(() => encodeEntry({ ...file, xattrs }))).toBe('entry-too-large')
    const pairs = xattrs.map(({ name, value }) => [name, value])
    const bytes = encodeCbor(new Map([...(decodeCbor(encodeEntry(file)) as ReadonlyMap<number, CborValue>), [12, pairs]]))
    expect(flawOf(() => decodeEntry(bytes))).toBe('entry-too-large')
  })

  test('key slot, cairn.json, manifest, checkpoint', () => {
    expect(flawOf(() => decodeSlot(fill(64 * 1024 + 1, 0)))).toBe('slot-too-large')
    expect(flawOf(() => decodeRepositoryJson(fill(64 * 1024 + 1, 0x20)))).toBe('repository-json-too-large')
    expect(flawOf(() => decodeManifest(fill(16 * MIB + 1, 0)))).toBe('manifest-too-large')
    expect(flawOf(() => decodeCheckpoint(Buffer.alloc(256 * MIB + 1)))).toBe('checkpoint-too-large')
  })

  test('index segments: the blocks and chunks of one pack', () => {
    const row = (blocks: number, chunks: number): Buffer => concat(fill(32, 1), Buffer.of(1), u32(2048), u32(blocks), u32(chunks))
    const body = (blocks: number, chunks: number): Buffer =>
      concat(u32(0), u32(1), u32(blocks), u32(chunks), row(blocks, chunks), Buffer.alloc(blocks * 12 + chunks * 20))
    expect(flawOf(() => decodeSegmentBody(body(65_536, 1)))).toBe('segment-too-many-blocks')
    expect(flawOf(() => decodeSegmentBody(body(1, 4_194_305)))).toBe('segment-too-many-chunks')
  })

  test('members, attested packs, problems', () => {
    const members = Array.from({ length: 1025 }, (_, i) => ({ key: concat(u32(i), fill(28, 1)), roles: ['reader'] }))
    expect(membersFromCbor(members.slice(1))).toHaveLength(1024)
    expect(flawOf(() => membersFromCbor(members))).toBe('member-too-many')
    expect(checkClear('attest', { packs: Buffer.alloc(32 * 16_384) }).packs).toHaveLength(32 * 16_384)
    expect(flawOf(() => checkClear('attest', { packs: Buffer.alloc(32 * 16_385) }))).toBe('attest-packs')
    const problem = { path: Buffer.from('a'), kind: 'changed', message: '' } as const
    const problems = Array.from({ length: 1001 }, () => problem)
    expect(flawOf(() => encodeManifest({ ...manifest, complete: false, problems, problemCount: 1001 }))).toBe('manifest-problems')
  })

  test('descriptions, tags, and other texts of a snapshot, in bytes of UTF-8', () => {
    const [long, short] = ['ü'.repeat(8 * 1024), 'ü'.repeat(2 * 1024)]
    expect(flawOf(() => encodeManifest({ ...manifest, description: long, source: short, tags: { k: short } }))).toBe('none')
    expect(flawOf(() => encodeManifest({ ...manifest, description: `${long}.` }))).toBe('manifest-description')
    expect(flawOf(() => encodeManifest({ ...manifest, tags: { k: `${short}.` } }))).toBe('manifest-tags')
    expect(flawOf(() => encodeManifest({ ...manifest, source: `${short}.` }))).toBe('manifest-source')
    expect(flawOf(() => encodeManifest({ ...manifest, actor: `person:${short}` }))).toBe('manifest-actor')
    const details = (change: object): string => flawOf(() => encodeDetails('snapshot_created', { ...snapshotDetails, ...change }))
    expect(details({ description: long, tags: { k: short } })).toBe('none')
    expect(details({ description: `${long}.` })).toBe('snapshot-created-details-description')
    expect(details({ tags: { k: `${short}.` } })).toBe('snapshot-created-details-tags')
    expect(flawOf(() => encodeDetails('key_slot_added', { label: `${short}.` }))).toBe('key-slot-added-details-label')
  })

  test('a name of 255 bytes and a stream of 4,096 items are allowed', () => {
    const items = Array.from({ length: LIMITS.streamItems }, () => ({ length: 512, id: fill(32, 1) }))
    const entry = { ...file, name: fill(255, 0x61), content: { size: 512 * items.length, depth: 0, items } }
    expect(decodeEntry(encodeEntry(entry)).content?.items).toHaveLength(4096)
  })
})

describe('what encoders refuse', () => {
  test('values that have no deterministic encoding', () => {
    expect(flawOf(() => encodeCbor(1.5))).toBe('cbor-integer-range')
    expect(flawOf(() => encodeCbor(2 ** 53))).toBe('cbor-integer-range')
    expect(flawOf(() => encodeCbor('\ud800'))).toBe('cbor-utf8')
    expect(flawOf(() => encodeCbor({ '\udfff': 1 }))).toBe('cbor-utf8')
    expect(flawOf(() => encodeCbor([undefined] as unknown as CborValue))).toBe('cbor-unencodable')
    expect(flawOf(() => encodeCbor(5n as unknown as CborValue))).toBe('cbor-unencodable')
    expect(flawOf(() => encodeCbor(nested(17)))).toBe('cbor-nesting')
    expect(flawOf(() => decodeCbor(encodeCbor(nested(16))))).toBe('none')
  })

  test('entries that no decoder would take', () => {
    expect(flawOf(() => encodeEntry({ ...file, name: Buffer.from('..') }))).toBe('entry-name')
    expect(flawOf(() => encodeEntry({ ...file, uid: -1 }))).toBe('cbor-integer-range')
    expect(flawOf(() => encodeEntry({ ...file, mode: 0.5 }))).toBe('cbor-integer-range')
    expect(flawOf(() => encodeEntry({ ...file, mtime: { seconds: -(2 ** 53), nanoseconds: 0 } }))).toBe('cbor-integer-range')
    expect(flawOf(() => encodeEntry({ ...file, user: '\ud800' }))).toBe('cbor-utf8')
    expect(flawOf(() => encodeEntry({ ...file, content: { size: 4, depth: 0, items: [] } }))).toBe('stream-sum')
    expect(flawOf(() => encodeEntries([file, file]))).toBe('tree-order')
    expect(flawOf(() => decodeEntries(encodeEntry(file), Buffer.from('notes.txt')))).toBe('tree-order')
    expect(decodeEntries(encodeEntry(file), Buffer.from('notes'))).toHaveLength(1)
  })

  test('numbers that do not fit into a key', () => {
    expect(journalKey(Number.MAX_SAFE_INTEGER)).toBe('journal/9007199254740991')
    expect(flawOf(() => journalKey(-1))).toBe('store-key')
    expect(flawOf(() => leaseKey(fill(16, 1), 100_000_000))).toBe('store-key')
  })

  test('hexadecimal of the wrong kind', () => {
    expect(flawOf(() => fromHex('AB'))).toBe('hex-digit')
    expect(flawOf(() => fromHex('abc'))).toBe('hex-length')
    expect(flawOf(() => fromHex('ab', 2))).toBe('hex-length')
  })
})

test('a recovery code may be typed in many ways', () => {
  const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
  const secret = Buffer.from(Array.from({ length: 20 }, (_, i) => i))
  const code = encodeRecoveryCode({ secret, repository8: fill(8, 9) }, sha256)
  expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){12}[0-9A-HJKMNP-TV-Z]{4}$/)
  const typed = ` ${code.toLowerCase().replaceAll('-', '  ').replaceAll('0', 'o').replaceAll('1', 'l')}\n`
  expect(decodeRecoveryCode(typed, sha256).secret.equals(secret)).toBe(true)
})
