// Makes streams: short item lists stand in the stream itself, long ones become list chunks, level over level. SPEC §6.6, §8.

import { encodeList, type Stream, type StreamItem } from '../../../format/stream.ts'

/** Stores a chunk of tree or list bytes, which are gone after the call, and returns its id. */
export type PutChunk = (kind: 2 | 3, bytes: Uint8Array) => Uint8Array

const CHUNK_LIST = 3
/** Longer item lists become list chunks. */
export const INLINE_ITEMS = 1024
const LIST_ITEMS = 1024

/** A stream over items of depth 0 that stand in order; long lists go through `put`. */
export function streamOf(items: readonly StreamItem[], put: PutChunk): Stream {
  const size = items.reduce((sum, item) => sum + item.length, 0)
  let level = items
  let depth = 0
  while (level.length > INLINE_ITEMS) {
    level = listLevel(level, put)
    depth++
  }
  return { size, depth, items: level }
}

function listLevel(items: readonly StreamItem[], put: PutChunk): StreamItem[] {
  const level: StreamItem[] = []
  let list: StreamItem[] = []
  for (const item of items) {
    list.push(item)
    if (list.length < LIST_ITEMS && !endsList(item)) continue
    level.push(listItem(list, put))
    list = []
  }
  if (list.length > 0) level.push(listItem(list, put))
  return level
}

function listItem(list: readonly StreamItem[], put: PutChunk): StreamItem {
  const length = list.reduce((sum, item) => sum + item.length, 0)
  return { length, id: put(CHUNK_LIST, encodeList(list)) }
}

/** Lists are cut by content, so that an insertion into a long file changes few of them. */
function endsList(item: StreamItem): boolean {
  return item.id !== undefined && item.id[item.id.length - 1] === 0
}
