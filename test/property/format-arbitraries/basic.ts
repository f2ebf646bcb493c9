// Numbers, texts, bytes and CBOR values that the arbitrary records are made of.

import { fc } from '@fast-check/vitest'
import type { CborValue } from '../../../format/cbor.ts'
import { isSeriesName } from '../../../format/names.ts'
import type { Context } from '../../../format/vectors/vector.ts'

/** A value of a record, and what its decoder must know besides. */
export interface Sample {
  readonly value: unknown
  readonly context?: Context
}

export const text = fc.string({ unit: 'binary', maxLength: 12 })
export const uint = fc.oneof(fc.nat(300), fc.maxSafeNat())
export const int = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.maxSafeInteger())
export const u32 = fc.nat(0xffffffff)
export const id = bytes(32)
export const idHex = id.map((value) => Buffer.from(value).toString('hex'))

/** Exactly `length` bytes; long ones are all the same byte, which is faster. */
export function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return length > 64
    ? fc.nat(255).map((seed) => new Uint8Array(length).fill(seed))
    : fc.uint8Array({ minLength: length, maxLength: length })
}

export const someBytes = fc.uint8Array({ maxLength: 40 })

export function anyCbor(depth = 3): fc.Arbitrary<CborValue> {
  const leaf = fc.oneof(int, text, fc.boolean(), fc.constant(null), someBytes)
  if (depth === 0) return leaf
  const inner = anyCbor(depth - 1)
  return fc.oneof(
    leaf,
    fc.array(inner, { maxLength: 4 }),
    record(inner),
    fc.array(fc.tuple(uint, inner), { minLength: 1, maxLength: 4 }).map((pairs) => new Map(pairs)),
  )
}

export function record<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> {
  return fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'a', 'bb')), value, { maxKeys: 4 })
}

export const seriesName = fc.string({ unit: characters('abcxyzAZ059._/-'), minLength: 1, maxLength: 20 }).filter(isSeriesName)

/** One of the characters of an ASCII text. */
export function characters(ascii: string): fc.Arbitrary<string> {
  return fc.constantFrom(...ascii.split(''))
}

export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

export function plain(arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<Sample> {
  return arbitrary.map((value) => ({ value }))
}
