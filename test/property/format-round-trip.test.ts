// Every record of format/: what was encoded decodes to the same value and to the same bytes again, and bytes that were damaged
// either decode to something with exactly these bytes or are refused with a FormatError.

import * as fc from 'fast-check'
import { describe, expect } from 'vitest'
import { toHex } from '../../format/bytes.ts'
import { FormatError } from '../../format/format-error.ts'
import { codecs } from '../../format/vectors/codecs.ts'
import { toJson } from '../../format/vectors/vector.ts'
import { countedProperties } from '../support/properties.ts'
import type { Sample } from './format-arbitraries/basic.ts'
import { samples } from './format-arbitraries/samples.ts'

const property = countedProperties('property-format')

/** Records that people may write in more than one way: spaces in JSON, lower case in a recovery code. */
const MANY_FORMS: ReadonlySet<string> = new Set(['identity-file', 'recovery-code'])

interface Damage {
  readonly flips: readonly (readonly [place: number, mask: number])[]
  readonly cut: number
  readonly grow: number
}

const damage: fc.Arbitrary<Damage> = fc.record({
  flips: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 }),
  cut: fc.oneof(fc.constant(0), fc.nat(5)),
  grow: fc.oneof(fc.constant(0), fc.nat(3)),
})

function damaged(bytes: Buffer, { flips, cut, grow }: Damage): Buffer {
  const copy = Buffer.concat([bytes.subarray(0, Math.max(0, bytes.length - cut)), Buffer.alloc(grow)])
  for (const [place, mask] of copy.length === 0 ? [] : flips) copy[place % copy.length] = (copy[place % copy.length] ?? 0) ^ mask
  return copy
}

function decodeOrRefuse(decode: () => unknown): { readonly value: unknown } | undefined {
  try {
    return { value: decode() }
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}

describe.each(Object.keys(samples) as (keyof typeof samples)[])('%s', (record) => {
  const { decode, encode } = codecs[record]
  const arbitrary: fc.Arbitrary<Sample> = samples[record]

  property([arbitrary])('round trip', ({ value, context = {} }) => {
    const bytes = encode(value, context)
    const decoded = decode(bytes, context)
    expect(toJson(decoded)).toEqual(toJson(value))
    expect(toHex(encode(decoded, context))).toBe(toHex(bytes))
  })

  property([arbitrary, damage])('damage', ({ value, context = {} }, harm) => {
    const bytes = damaged(encode(value, context), harm)
    const decoded = decodeOrRefuse(() => decode(bytes, context))
    if (decoded === undefined || MANY_FORMS.has(record)) return
    const again = encode(decoded.value, context)
    // A header is decoded from the start of its object, whatever follows.
    expect(toHex(record.endsWith('-header') ? bytes.subarray(0, again.length) : bytes)).toBe(toHex(again))
  })

  property([arbitrary, fc.uint8Array({ maxLength: 100 })])('noise', ({ context = {} }, noise) => {
    decodeOrRefuse(() => decode(noise, context))
  })
})
