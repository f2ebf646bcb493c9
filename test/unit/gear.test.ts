// The gear chunker against a slow plain reading of SPEC §8, and the two properties that deduplication and secrecy rest on.
import { createCipheriv } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChunkSizes, cutPoints, gearTable, nextCut } from '../../src/repository/chunk/gear.ts'
import { countedProperties } from '../support/properties.ts'

const property = countedProperties('property-chunker')

const SIZES: ChunkSizes = { minBytes: 64, averageBytes: 256, maxBytes: 1024 }
const KEY = new Uint8Array(32).fill(7)

/** One hash per position over the whole stream, one bit at a time, as SPEC §8 states it. */
function referenceCuts(stream: Uint8Array, table: Uint32Array, sizes: ChunkSizes): number[] {
  const bits = Math.log2(sizes.averageBytes)
  const cuts: number[] = []
  let start = 0
  let hash = 0n
  for (let end = 1; end <= stream.length; end++) {
    hash = (hash * 2n + BigInt(table[stream[end - 1]!]!)) % 2n ** 32n
    const length = end - start
    const zeroBits = length < sizes.averageBytes ? bits + 2 : bits - 2
    const candidate = length >= sizes.minBytes && hash < 2n ** BigInt(32 - zeroBits)
    if (candidate || length === sizes.maxBytes || end === stream.length) {
      cuts.push(end)
      start = end
    }
  }
  return cuts
}

function noise(seed: number, length: number): Buffer {
  const key = Buffer.alloc(32)
  key.writeUInt32LE(seed >>> 0)
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length))
}

const stream = fc.oneof(
  fc.record({ seed: fc.nat(), length: fc.nat(20_000) }).map(({ seed, length }) => noise(seed, length)),
  fc.record({ byte: fc.nat(255), length: fc.nat(5_000) }).map(({ byte, length }) => Buffer.alloc(length, byte)),
  fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
)

describe('gear table', () => {
  test('is the AES-256-CTR keystream under the key, in little-endian words', () => {
    const table = gearTable(new Uint8Array(32))
    expect(table).toHaveLength(256)
    // FIPS 197: AES-256 of a zero block under a zero key is dc95c078a2408989ad48a21492842087.
    expect([...table.subarray(0, 4)]).toEqual([0x78c095dc, 0x898940a2, 0x14a248ad, 0x87208492])
  })
})

describe('cut points', () => {
  property([stream, fc.nat(7), fc.uint8Array({ minLength: 32, maxLength: 32 })])(
    'equal the plain reference at every alignment',
    (bytes, shift, key) => {
      const table = gearTable(key)
      const buffer = new Uint8Array(shift + bytes.length + 5).fill(0xaa)
      buffer.set(bytes, shift)
      const cuts = cutPoints(buffer, shift, shift + bytes.length, table, SIZES)
      expect(cuts.map((cut) => cut - shift)).toEqual(referenceCuts(bytes, table, SIZES))
      const view = buffer.subarray(shift, shift + bytes.length)
      expect(cutPoints(view, 0, view.length, table, SIZES)).toEqual(referenceCuts(bytes, table, SIZES))
    },
  )

  property([stream])('keep every length between the bounds and cover the stream', (bytes) => {
    let start = 0
    for (const cut of cutPoints(bytes, 0, bytes.length, gearTable(KEY), SIZES)) {
      expect(cut - start).toBeLessThanOrEqual(SIZES.maxBytes)
      if (cut !== bytes.length) expect(cut - start).toBeGreaterThanOrEqual(SIZES.minBytes)
      start = cut
    }
    expect(start).toBe(bytes.length)
  })

  test('need no more than maxBytes of the stream', () => {
    const bytes = noise(3, 50_000)
    const table = gearTable(KEY)
    const cuts = cutPoints(bytes, 0, bytes.length, table, SIZES)
    let start = 0
    for (const cut of cuts) {
      expect(nextCut(bytes, start, Math.min(bytes.length, start + SIZES.maxBytes), table, SIZES)).toBe(cut)
      start = cut
    }
  })

  property([fc.nat(), fc.integer({ min: 10_000, max: 90_000 }), fc.uint8Array({ minLength: 1, maxLength: 100 })])(
    'move only near an insertion',
    (seed, at, inserted) => {
      const table = gearTable(KEY)
      const before = noise(seed, 100_000)
      const after = Buffer.concat([before.subarray(0, at), inserted, before.subarray(at)])
      const old = new Set(cutPoints(before, 0, before.length, table, SIZES))
      const moved = cutPoints(after, 0, after.length, table, SIZES).filter((cut) => !old.has(cut < at ? cut : cut - inserted.length))
      for (const cut of moved) expect(Math.abs(cut - at)).toBeLessThan(16 * SIZES.maxBytes)
      expect(moved.length).toBeLessThan(40)
    },
  )

  property([fc.nat(), fc.uint8Array({ minLength: 32, maxLength: 32 })])('fall elsewhere under another key', (seed, key) => {
    fc.pre(!Buffer.from(key).equals(Buffer.from(KEY)))
    const bytes = noise(seed, 50_000)
    const old = new Set(cutPoints(bytes, 0, bytes.length, gearTable(KEY), SIZES))
    const cuts = cutPoints(bytes, 0, bytes.length, gearTable(key), SIZES)
    expect(cuts.filter((cut) => old.has(cut)).length).toBeLessThan(cuts.length / 4)
  })
})
