// Deterministic CBOR of SPEC §1: cborg encodes, the strict reader of cbor-reader.ts decodes. cborg's own decoder takes invalid
// UTF-8, unsorted keys and endless nesting, so it serves as the oracle in the tests instead.

import { encode, rfc8949EncodeOptions } from 'cborg'
import { asBuffer } from './bytes.ts'
import {
  CborReader,
  MAJOR_ARRAY,
  MAJOR_BYTES,
  MAJOR_MAP,
  MAJOR_NEGATIVE,
  MAJOR_TEXT,
  MAJOR_UINT,
  SIMPLE_NULL,
  SIMPLE_TRUE,
} from './cbor-reader.ts'
import { FormatError } from './format-error.ts'
import { LIMITS } from './limits.ts'

/** A map whose keys are all texts. A decoded one has no prototype, so that no key can be mistaken for an inherited one. */
export interface CborRecord {
  readonly [key: string]: CborValue
}

/** A map with integer keys. */
export type CborMap = ReadonlyMap<number | string, CborValue>

export type CborValue = number | string | boolean | null | Uint8Array | readonly CborValue[] | CborRecord | CborMap

/**
 * The one encoding of a value. SPEC §1
 * @throws {FormatError} when the value has none: a fraction, an unsafe integer, a lone surrogate, nesting beyond 16.
 */
export function encodeCbor(value: CborValue): Buffer {
  checkEncodable(value, 0)
  return asBuffer(encode(value, rfc8949EncodeOptions))
}

/**
 * The value of exactly these bytes. Byte strings are views of them. SPEC §1
 * @throws {FormatError} `cbor-*` for every form but the deterministic one.
 */
export function decodeCbor(bytes: Uint8Array, what = 'CBOR'): CborValue {
  const reader = new CborReader(bytes, what)
  const value = readValue(reader, 0)
  reader.end()
  return value
}

/** The value of the one item at the reader's place. */
export function readCbor(reader: CborReader): CborValue {
  return readValue(reader, 0)
}

function readValue(reader: CborReader, depth: number): CborValue {
  const major = reader.head()
  switch (major) {
    case MAJOR_UINT:
      return reader.argument
    case MAJOR_NEGATIVE:
      return reader.negative()
    case MAJOR_BYTES:
      return reader.take()
    case MAJOR_TEXT:
      return reader.takeText()
    case MAJOR_ARRAY:
      return readArray(reader, depth + 1)
    case MAJOR_MAP:
      return readMap(reader, depth + 1)
    default:
      return reader.argument === SIMPLE_NULL ? null : reader.argument === SIMPLE_TRUE
  }
}

function readArray(reader: CborReader, depth: number): CborValue[] {
  checkDepth(depth)
  const count = reader.argument
  const values: CborValue[] = []
  for (let i = 0; i < count; i += 1) values.push(readValue(reader, depth))
  return values
}

function readMap(reader: CborReader, depth: number): CborRecord | CborMap {
  checkDepth(depth)
  const count = reader.argument
  const record: Record<string, CborValue> = Object.create(null)
  const map = new Map<number | string, CborValue>()
  let previous: Buffer | undefined
  for (let i = 0; i < count; i += 1) {
    const from = reader.at
    const key = readKey(reader)
    const encoded = reader.buffer.subarray(from, reader.at)
    if (previous !== undefined) checkKeyOrder(reader, previous, encoded)
    previous = encoded
    const value = readValue(reader, depth)
    // Integer keys sort before texts, so the first key decides which kind of map it is.
    if (typeof key === 'number' || map.size > 0) map.set(key, value)
    else record[key] = value
  }
  return map.size > 0 ? map : record
}

function readKey(reader: CborReader): number | string {
  const major = reader.head()
  if (major === MAJOR_UINT) return reader.argument
  if (major === MAJOR_TEXT) return reader.takeText()
  return reader.fail('cbor-key-type', 'a map key that is neither a text nor an unsigned integer')
}

function checkKeyOrder(reader: CborReader, previous: Buffer, key: Buffer): void {
  const order = Buffer.compare(previous, key)
  if (order === 0) reader.fail('cbor-duplicate-key', 'the same map key twice')
  if (order > 0) reader.fail('cbor-key-order', 'a map key that sorts before the one in front of it')
}

function checkDepth(depth: number): void {
  if (depth > LIMITS.cborNesting) throw new FormatError('cbor-nesting', `arrays and maps nested deeper than ${LIMITS.cborNesting}`)
}

function checkEncodable(value: CborValue, depth: number): void {
  if (value === null || typeof value === 'boolean' || value instanceof Uint8Array) return
  if (typeof value === 'number') return checkNumber(value)
  if (typeof value === 'string') return checkText(value)
  if (typeof value !== 'object') throw new FormatError('cbor-unencodable', `a value of type ${typeof value} has no encoding`)
  checkDepth(depth + 1)
  for (const [key, item] of entriesOf(value)) {
    if (typeof key === 'string') checkText(key)
    else checkNumber(key)
    checkEncodable(item, depth + 1)
  }
}

function entriesOf(value: readonly CborValue[] | CborRecord | CborMap): Iterable<[number | string, CborValue]> {
  return value instanceof Map || Array.isArray(value) ? value.entries() : Object.entries(value)
}

function checkNumber(value: number): void {
  if (!Number.isSafeInteger(value)) throw new FormatError('cbor-integer-range', `${value} is not an integer within ±(2^53−1)`)
}

function checkText(value: string): void {
  if (!value.isWellFormed()) throw new FormatError('cbor-utf8', 'a text with a lone surrogate has no UTF-8')
}
