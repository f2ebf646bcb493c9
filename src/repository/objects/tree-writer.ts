// Makes the stream of a directory from its encoded entries, cut by content between entries. SPEC §6.7, §8.

import type { Stream, StreamItem } from '../../../format/stream.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { type PutChunk, streamOf } from './stream-writer.ts'

const CHUNK_TREE = 2
const MIN_TREE_BYTES = 16 << 10
const MAX_TREE_BYTES = 256 << 10
const CUT_BELOW = 0x0400

/** An entry in its encoding, with the name that it was sorted by, as latin1 text. */
export interface EncodedEntry {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The chunk in the making. Entries are copied into it one by one: thousands that wait for its end would outlive the space for young objects. */
let memory = Buffer.allocUnsafeSlow(MAX_TREE_BYTES)

/** Stores a directory's entries, which come sorted by name, and returns their stream. `put` keeps no view of what it is given. */
export function storeTree(entries: Iterable<EncodedEntry>, put: PutChunk): Stream {
  const items: StreamItem[] = []
  let length = 0
  const flush = (): void => {
    if (length > 0) items.push({ length, id: put(CHUNK_TREE, memory.subarray(0, length)) })
    length = 0
  }
  for (const { name, bytes } of entries) {
    if (length + bytes.length > MAX_TREE_BYTES) flush()
    if (bytes.length > memory.length) memory = Buffer.allocUnsafeSlow(bytes.length)
    memory.set(bytes, length)
    length += bytes.length
    if (length >= MIN_TREE_BYTES && endsChunk(name)) flush()
  }
  flush()
  return streamOf(items, put)
}

/** Whether a chunk may end behind this name: the last two bytes of its hash are below CUT_BELOW. */
function endsChunk(name: string): boolean {
  return Number.parseInt(sha256Hex(Buffer.from(name, 'latin1')).slice(-4), 16) < CUT_BELOW
}
