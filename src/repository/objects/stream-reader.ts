// Reads streams: walks the list chunks down to the items, and the items to bytes. SPEC §6.6.

import { FormatError } from '../../../format/format-error.ts'
import type { ChunkKind } from '../../../format/pack.ts'
import { coveredBytes, decodeList, type Stream, type StreamItem } from '../../../format/stream.ts'

/** Reads one proven chunk: kind, id, length in bytes. */
export type ReadChunk = (kind: ChunkKind, id: Uint8Array, length: number) => Promise<Buffer>

/** List chunks carry no length of their own in an item, so their reader finds it in the index. */
export type ReadList = (id: Uint8Array) => Promise<Buffer>

const ZEROS = Buffer.alloc(1 << 20)

/** The items of depth 0 in order. @throws {FormatError} when a list does not cover what its item says. */
export async function* streamItems(stream: Stream, readList: ReadList): AsyncGenerator<StreamItem> {
  yield* itemsAt(stream.items, stream.depth, readList)
}

async function* itemsAt(items: readonly StreamItem[], depth: number, readList: ReadList): AsyncGenerator<StreamItem> {
  if (depth === 0) {
    yield* items
    return
  }
  for (const item of items) {
    const below = decodeList(await readList(item.id!), depth - 1)
    const covered = coveredBytes(below)
    if (covered !== item.length) throw new FormatError('list-length', `A list covers ${covered} bytes where ${item.length} were named.`)
    yield* itemsAt(below, depth - 1, readList)
  }
}

/** The bytes of a stream in order, holes as zeros; pieces of at most 8 MiB. */
export async function* streamBytes(stream: Stream, kind: ChunkKind, read: ReadChunk, readList: ReadList): AsyncGenerator<Buffer> {
  for await (const { id, length } of streamItems(stream, readList)) {
    if (id !== undefined) yield await read(kind, id, length)
    else for (let left = length; left > 0; left -= ZEROS.length) yield ZEROS.subarray(0, Math.min(left, ZEROS.length))
  }
}
