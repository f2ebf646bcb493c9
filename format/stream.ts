// A stream (SPEC §6.6): a byte sequence as a list of chunk ids, or of list chunks when it is long.

import { type CborValue, encodeCbor } from './cbor.ts'
import { CborReader } from './cbor-reader.ts'
import { CborWriter } from './cbor-writer.ts'
import { LIMITS } from './limits.ts'
import { checkList, checkStream, type Stream, type StreamItem, type StreamOptions } from './stream-rules.ts'

export { coveredBytes, type Stream, type StreamItem, type StreamOptions } from './stream-rules.ts'

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
  writeStream(writer, stream, true)
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

/**
 * The content of a list chunk. SPEC §6.6
 * @throws {FormatError} `stream-*` when no decoder would take it.
 */
export function encodeList(items: readonly StreamItem[]): Buffer {
  // A hole tells that the items are chunks of content; without one they may be lists, which have no limit of length.
  const depth = items.some((item) => item.id === undefined) ? 0 : 1
  checkList(items, depth, true)
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
  const items = readItems(reader)
  reader.end()
  checkList(items, depth, options.holes)
  return items
}

/**
 * Writes a stream where a larger record wants it.
 * @throws {FormatError} `stream-*` when no decoder would take it.
 */
export function writeStream(writer: CborWriter, stream: Stream, holes: boolean): void {
  checkStream(stream, holes)
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
  const stream = { size, depth, items: readItems(reader) }
  checkStream(stream, holes)
  return stream
}

function readItems(reader: CborReader): StreamItem[] {
  const count = reader.array('stream-items', 'the list of items')
  if (count > LIMITS.streamItems) reader.fail('stream-too-many-items', `${count} items in one list`)
  const items: StreamItem[] = []
  for (let i = 0; i < count; i += 1) items.push(readItem(reader))
  return items
}

function readItem(reader: CborReader): StreamItem {
  const parts = reader.array('stream-item', 'an item of a stream')
  if (parts !== 1 && parts !== 2) reader.fail('stream-item', `an item of ${parts} parts`)
  const length = reader.uint('stream-item-length', 'the length of an item')
  return parts === 1 ? { length } : { length, id: reader.bytes('stream-id', 'the id of an item') }
}
