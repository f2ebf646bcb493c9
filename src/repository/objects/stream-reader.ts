// Reads streams: walks the list chunks down to the items, and the items to bytes. SPEC §6.6.

import { FormatError } from '../../../format/format-error.ts'
import type { ChunkKind } from '../../../format/pack.ts'
import { coveredBytes, decodeList, type Stream, type StreamItem } from '../../../format/stream.ts'
import { turn } from '../../runtime/turn.ts'

/** Reads one proven chunk: kind, id, length in bytes. */
export type ReadChunk = (kind: ChunkKind, id: Uint8Array, length: number) => Promise<Buffer>

/** List chunks carry no length of their own in an item, so their reader finds it in the index. */
export type ReadList = (id: Uint8Array) => Promise<Buffer>

const ZEROS = Buffer.alloc(1 << 20)

/** Says of each list that is come to whether its items are wanted. */
export type IsListWanted = (id: Uint8Array) => boolean

/** The items of depth 0 in order. @throws {FormatError} when a list does not cover what its item says. */
export async function* streamItems(stream: Stream, readList: ReadList, isWanted: IsListWanted = () => true): AsyncGenerator<StreamItem> {
  yield* itemsAt(stream.items, stream.depth, readList, isWanted)
}

async function* itemsAt(
  items: readonly StreamItem[],
  depth: number,
  readList: ReadList,
  isWanted: IsListWanted,
): AsyncGenerator<StreamItem> {
  if (depth === 0) {
    yield* items
    return
  }
  for (const item of items)
    if (isWanted(item.id!)) yield* itemsAt(await listItems(item, depth - 1, readList), depth - 1, readList, isWanted)
}

/** The items of a list chunk, which are of depth `depth`. @throws {FormatError} when they do not cover what the item says. */
export async function listItems({ id, length }: StreamItem, depth: number, readList: ReadList): Promise<StreamItem[]> {
  const items = decodeList(await readList(id!), depth)
  const covered = coveredBytes(items)
  if (covered === length) return items
  throw new FormatError('list-length', `A list covers ${covered} bytes where ${length} were named.`)
}

/** The bytes of a stream in order, holes as zeros; pieces of at most 8 MiB. */
export async function* streamBytes(stream: Stream, kind: ChunkKind, read: ReadChunk, readList: ReadList): AsyncGenerator<Buffer> {
  for await (const { id, length } of streamItems(stream, readList)) {
    if (id !== undefined) yield await read(kind, id, length)
    else yield* zeros(length)
  }
}

async function* zeros(length: number): AsyncGenerator<Buffer> {
  for (let left = length; left > 0; left -= ZEROS.length) {
    await turn()
    yield ZEROS.subarray(0, Math.min(left, ZEROS.length))
  }
}
