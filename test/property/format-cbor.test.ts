// The hand-written CBOR of format/ against cborg, and the small arithmetic of SPEC §6.3.

import { decode as cborgDecode, encode as cborgEncode, rfc8949EncodeOptions } from 'cborg'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { toHex } from '../../format/bytes.ts'
import { decodeCbor, encodeCbor } from '../../format/cbor.ts'
import type { Entry } from '../../format/entry.ts'
import { FormatError } from '../../format/format-error.ts'
import { padme } from '../../format/padme.ts'
import { encodeList, encodeStream, type Stream, streamFromCbor, streamToCbor } from '../../format/stream.ts'
import { encodeEntry, entryFromCbor, entryToCbor } from '../../format/tree.ts'
import { toJson } from '../../format/vectors/vector.ts'
import { countedProperties } from '../support/properties.ts'
import { anyCbor } from './format-arbitraries/basic.ts'
import { entry, fileStream } from './format-arbitraries/tree.ts'

const property = countedProperties('property-cbor')

const STRICT = { strict: true, allowIndefinite: false, allowUndefined: false, rejectDuplicateMapKeys: true, useMaps: true }

function cborg(value: unknown): Uint8Array {
  return cborgEncode(value, rfc8949EncodeOptions)
}

function plainStream({ size, depth, items }: Stream): unknown {
  return [size, depth, items.map((item) => (item.id === undefined ? [item.length] : [item.length, item.id]))]
}

/** The map of SPEC §6.7, keys in no special order. */
function plainEntry(one: Entry): ReadonlyMap<number, unknown> {
  const xattrs = one.xattrs?.map(({ name, value }) => [name, value instanceof Uint8Array ? value : plainStream(value)])
  const fields: [number, unknown][] = [
    [15, one.fileClass],
    [14, one.sha256],
    [13, one.device === undefined ? undefined : [one.device.major, one.device.minor]],
    [12, xattrs],
    [11, one.link],
    [10, one.target],
    [9, one.content === undefined ? undefined : plainStream(one.content)],
    [8, [one.mtime.seconds, one.mtime.nanoseconds]],
    [7, one.group],
    [6, one.user],
    [5, one.gid],
    [4, one.uid],
    [3, one.mode],
    [2, one.type],
    [1, one.name],
  ]
  return new Map(fields.filter(([, value]) => value !== undefined))
}

property([entry])('entries have the bytes that cborg gives them', (one) => {
  expect(toHex(encodeEntry(one))).toBe(toHex(cborg(plainEntry(one))))
})

property([entry])('entries survive being a CBOR value', (one) => {
  expect(toJson(entryFromCbor(entryToCbor(one)))).toEqual(toJson(one))
})

property([fileStream])('streams and lists have the bytes that cborg gives them', (stream) => {
  expect(toHex(encodeStream(stream))).toBe(toHex(cborg(plainStream(stream))))
  expect(toHex(encodeCbor(streamToCbor(stream)))).toBe(toHex(encodeStream(stream)))
  expect(toJson(streamFromCbor(streamToCbor(stream), { holes: true }))).toEqual(toJson(stream))
  if (stream.items.length === 0) return
  const items = stream.items.map((item) => (item.id === undefined ? [item.length] : [item.length, item.id]))
  expect(toHex(encodeList(stream.items))).toBe(toHex(cborg(items)))
})

property([anyCbor()])('every value has the bytes that cborg gives it', (value) => {
  expect(toHex(encodeCbor(value))).toBe(toHex(cborg(value)))
})

property([anyCbor()])('cborg reads what we write as we do', (value) => {
  const bytes = encodeCbor(value)
  expect(toJson(cborgDecode(bytes, STRICT))).toEqual(toJson(decodeCbor(bytes)))
})

property([fc.uint8Array({ maxLength: 60 })])('what we accept, cborg accepts and writes the same', (noise) => {
  let value: unknown
  try {
    value = decodeCbor(noise)
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError)
    return
  }
  expect(toJson(cborgDecode(noise, STRICT))).toEqual(toJson(value))
  expect(toHex(cborg(value))).toBe(toHex(noise))
})

/** SPEC §6.3 in whole numbers of any size. */
function plainPadme(size: bigint): bigint {
  if (size < 2n) return size
  const exponent = BigInt(size.toString(2).length - 1)
  const step = 2n ** (exponent - BigInt(exponent.toString(2).length))
  return ((size + step - 1n) / step) * step
}

property([fc.oneof(fc.nat(5000), fc.integer({ min: 0, max: 2 ** 48 }))])('Padmé sizes', (size) => {
  const padded = padme(size)
  expect(BigInt(padded)).toBe(plainPadme(BigInt(size)))
  expect(padded).toBeGreaterThanOrEqual(size)
  expect(padded).toBeLessThanOrEqual(Math.ceil(size * 1.12))
  expect(padme(padded)).toBe(padded)
})
