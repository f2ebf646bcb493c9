// Deterministic CBOR of SPEC §1, by the strict reader of cbor-reader.ts and the writer of cbor-writer.ts. cborg's decoder takes
// invalid UTF-8, unsorted keys and endless nesting, and its 18 modules cost every command 9 ms: it is the oracle in the tests.

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
import { CborWriter } from './cbor-writer.ts'
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
  const writer = new CborWriter()
  writeValue(writer, value, 0)
  return writer.copy()
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

function writeValue(writer: CborWriter, value: CborValue, depth: number): void {
  if (value === null) return writer.null()
  if (value instanceof Uint8Array) return writer.bytes(value)
  switch (typeof value) {
    case 'boolean':
      return writer.boolean(value)
    case 'number':
      return writer.int(value)
    case 'string':
      return writer.text(value)
    case 'object':
      return writeContainer(writer, value, depth + 1)
    default:
      throw new FormatError('cbor-unencodable', `a value of type ${typeof value} has no encoding`)
  }
}

function writeContainer(writer: CborWriter, value: readonly CborValue[] | CborRecord | CborMap, depth: number): void {
  checkDepth(depth)
  if (value instanceof Map) return writeMap(writer, [...value], depth)
  if (!Array.isArray(value)) return writeMap(writer, Object.entries(value), depth)
  writer.array(value.length)
  for (const item of value) writeValue(writer, item, depth)
}

/** Keys go by their encoded bytes. */
function writeMap(writer: CborWriter, entries: readonly (readonly [number | string, CborValue])[], depth: number): void {
  const keyed = entries.map(([key, value]) => ({ key: encodeCbor(key), value }))
  keyed.sort((a, b) => Buffer.compare(a.key, b.key))
  writer.map(keyed.length)
  for (const { key, value } of keyed) {
    writer.raw(key)
    writeValue(writer, value, depth)
  }
}
