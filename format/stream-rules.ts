// What a stream must be beyond its form (SPEC §6.6). Encoder and decoder ask the same rules.

import { ID_BYTES, type Id } from './bytes.ts'
import { FormatError } from './format-error.ts'
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

/** @throws {FormatError} `stream-*` for the first rule that the stream breaks. */
export function checkStream(stream: Stream, holes: boolean): void {
  const { size, depth, items } = stream
  if (depth > LIMITS.streamDepth) throw new FormatError('stream-too-deep', `a stream of depth ${depth}`)
  if (items.length === 0 && depth > 0) throw new FormatError('stream-empty-depth', `an empty stream has depth 0, not ${depth}`)
  checkItems(items, depth, holes)
  const sum = coveredBytes(items)
  if (sum !== size) throw new FormatError('stream-sum', `items of ${sum} bytes in a stream of ${size}`)
}

/** @throws {FormatError} `stream-*` for the first rule that the items of a list chunk break. */
export function checkList(items: readonly StreamItem[], depth: number, holes: boolean): void {
  if (items.length === 0) throw new FormatError('stream-list-empty', 'a list without items')
  checkItems(items, depth, holes)
}

/** The bytes that the items cover. */
export function coveredBytes(items: readonly StreamItem[]): number {
  let sum = 0
  for (const { length } of items) sum += length
  return sum
}

function checkItems(items: readonly StreamItem[], depth: number, holes: boolean): void {
  if (items.length > LIMITS.streamItems) throw new FormatError('stream-too-many-items', `${items.length} items in one list`)
  for (const item of items) checkItem(item, depth, holes)
  checkFineness(items)
}

/** Lists that name one list again and again would else turn a few bytes into billions of items, which no size tells beforehand. */
function checkFineness(items: readonly StreamItem[]): void {
  const least = (items.length - LIMITS.streamSmallItems) * LIMITS.streamItemBytes
  const covered = coveredBytes(items)
  if (covered < least) throw new FormatError('stream-too-fine', `${items.length} items that cover only ${covered} bytes`)
}

function checkItem(item: StreamItem, depth: number, holes: boolean): void {
  const { length, id } = item
  if (length === 0) throw new FormatError('stream-item-empty', 'an item that covers no bytes')
  if (id === undefined) {
    if (depth > 0 || !holes) throw new FormatError('stream-hole', depth > 0 ? 'a hole among list chunks' : 'a hole outside a file')
    return
  }
  if (id.length !== ID_BYTES) throw new FormatError('stream-id', `an id of ${id.length} bytes`)
  if (depth === 0 && length > LIMITS.chunkBytes) throw new FormatError('stream-chunk-too-large', `a chunk of ${length} bytes`)
}
