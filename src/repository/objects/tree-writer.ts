// Makes the stream of a directory from its encoded entries, cut by content between entries. SPEC §6.7, §8.

import type { Stream, StreamItem } from '../../../format/stream.ts'
import { discard, joinOwn } from '../../runtime/discard.ts'
import { sha256 } from '../crypto/hash.ts'
import { type PutChunk, streamOf } from './stream-writer.ts'

const CHUNK_TREE = 2
const MIN_TREE_BYTES = 16 << 10
const MAX_TREE_BYTES = 256 << 10
const CUT_BELOW = 0x0400

/** An entry in its encoding, with the name that it was sorted by. */
export interface EncodedEntry {
  readonly name: Uint8Array
  readonly bytes: Uint8Array
}

/** Stores a directory's entries, which come sorted by name, and returns their stream. */
export function storeTree(entries: Iterable<EncodedEntry>, put: PutChunk): Stream {
  const items: StreamItem[] = []
  let parts: Uint8Array[] = []
  let length = 0
  const flush = (): void => {
    if (length > 0) {
      const chunk = joinOwn(parts)
      items.push({ length, id: put(CHUNK_TREE, chunk) })
      discard(chunk)
    }
    parts = []
    length = 0
  }
  for (const { name, bytes } of entries) {
    if (length + bytes.length > MAX_TREE_BYTES) flush()
    parts.push(bytes)
    length += bytes.length
    if (length >= MIN_TREE_BYTES && sha256(name).readUInt16BE(30) < CUT_BELOW) flush()
  }
  flush()
  return streamOf(items, put)
}
