// A stream (SPEC §6.6): a byte sequence as a list of chunk ids, or of list chunks when it is long.

import type { Id } from './bytes.ts'
import { type CborValue, encodeCbor } from './cbor.ts'
import { CborReader } from './cbor-reader.ts'
import { CborWriter } from './cbor-writer.ts'
import { LIMITS } from './limits.ts'

/** A chunk, a list chunk or, without an id, a hole of zeros. */
export interface StreamItem {
  /** Bytes of content that it covers: at least 1. */
  readonly length: number
  readonly id?: Id
}

export interface Stream {
  /** Bytes of content: the sum of the items' lengths. */
  readonly size: number
  /** 0: the items are chunks of content; d: list chunks whose items are of depth d − 1. */
  readonly depth: number
  readonly items: readonly StreamItem[]
}

export interface StreamOptions {
  /** Whether holes may stand among the items: in files only. */
  readonly holes: boolean
}

export const EMPTY_STREAM: Stream = Object.freeze({ size: 0, depth: 0, items: Object.freeze([]) })

/** The stream as a CBOR value. SPEC §6.6 */
export function streamToCbor(stream: Stream): CborValue {
  return [stream.size, stream.depth, stream.items.map(itemToCbor)]
}

function itemToCbor(item: StreamItem): CborValue {
  return item.id === undefined ? [item.length] : [item.length, item.id]
}

/**
 * The stream of a decoded CBOR value. SPEC §6.6
 * @throws {FormatError} `stream-*` when it is none.
 */
export function streamFromCbor(value: CborValue, options: StreamOptions): Stream {
  return decodeStream(encodeCbor(value), options)
}

/** The encoded stream, as a content id hashes it. SPEC §6.5 */
export function encodeStream(stream: Stream): Buffer {
  const writer = new CborWriter()
  writeStream(writer, stream)
  return writer.copy()
}

/**
 * The stream of exactly these bytes. SPEC §6.6
 * @throws {FormatError} `stream-*` or `cbor-*` when they are none.
 */
export function decodeStream(bytes: Uint8Array, options: StreamOptions): Stream {
  const reader = new CborReader(bytes, 'stream')
  const stream = readStream(reader, options.holes)
  reader.end()
  return stream
}

/** The content of a list chunk. SPEC §6.6 */
export function encodeList(items: readonly StreamItem[]): Buffer {
  const writer = new CborWriter()
  writeItems(writer, items)
  return writer.copy()
}

/**
 * The items of a list chunk. `depth` is that of these items: one less than of the item that named the chunk. SPEC §6.6
 * @throws {FormatError} `stream-*` or `cbor-*` when it is not such a list.
 */
export function decodeList(bytes: Uint8Array, depth: number, options: StreamOptions = { holes: true }): StreamItem[] {
  const reader = new CborReader(bytes, 'list chunk')
  const items = readItems(reader, depth, options.holes)
  reader.end()
  if (items.length === 0) reader.fail('stream-list-empty', 'a list without items')
  return items
}

/** The bytes that the items cover. */
export function coveredBytes(items: readonly StreamItem[]): number {
  return items.reduce((sum, item) => sum + item.length, 0)
}

/** Writes a stream where a larger record wants it. */
export function writeStream(writer: CborWriter, stream: Stream): void {
  writer.array(3)
  writer.uint(stream.size)
  writer.uint(stream.depth)
  writeItems(writer, stream.items)
}

function writeItems(writer: CborWriter, items: readonly StreamItem[]): void {
  writer.array(items.length)
  for (const item of items) {
    writer.array(item.id === undefined ? 1 : 2)
    writer.uint(item.length)
    if (item.id !== undefined) writer.bytes(item.id)
  }
}

/** Reads a stream out of a larger record. */
export function readStream(reader: CborReader, holes: boolean): Stream {
  if (reader.array('stream-form', 'a stream') !== 3) reader.fail('stream-form', 'a stream does not have three parts')
  const size = reader.uint('stream-size', 'the size of a stream')
  const depth = reader.uint('stream-depth', 'the depth of a stream')
  if (depth > LIMITS.streamDepth) reader.fail('stream-too-deep', `a stream of depth ${depth}`)
  const items = readItems(reader, depth, holes)
  if (items.length === 0 && depth > 0) reader.fail('stream-empty-depth', 'an empty stream has depth 0')
  const sum = coveredBytes(items)
  if (sum !== size) reader.fail('stream-sum', `items of ${sum} bytes in a stream of ${size}`)
  return { size, depth, items }
}

function readItems(reader: CborReader, depth: number, holes: boolean): StreamItem[] {
  const count = reader.array('stream-items', 'the list of items')
  if (count > LIMITS.streamItems) reader.fail('stream-too-many-items', `${count} items in one list`)
  const items: StreamItem[] = []
  for (let i = 0; i < count; i += 1) items.push(readItem(reader, depth, holes))
  return items
}

function readItem(reader: CborReader, depth: number, holes: boolean): StreamItem {
  const parts = reader.array('stream-item', 'an item of a stream')
  if (parts !== 1 && parts !== 2) reader.fail('stream-item', `an item of ${parts} parts`)
  const length = reader.uint('stream-item-length', 'the length of an item')
  if (length === 0) reader.fail('stream-item-empty', 'an item that covers no bytes')
  if (parts === 1) {
    if (depth > 0 || !holes) reader.fail('stream-hole', depth > 0 ? 'a hole among list chunks' : 'a hole outside a file')
    return { length }
  }
  const id = reader.bytes('stream-id', 'the id of an item')
  if (id.length !== 32) reader.fail('stream-id', `an id of ${id.length} bytes`)
  if (depth === 0 && length > LIMITS.chunkBytes) reader.fail('stream-chunk-too-large', `a chunk of ${length} bytes`)
  return { length, id }
}
