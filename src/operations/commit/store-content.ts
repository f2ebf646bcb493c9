// Reads data of an open file into chunks: straight into the block in the making, cut there, kept or dropped. Worker threads run this.

import fs from 'node:fs'
import type { StreamItem } from '../../../format/stream.ts'
import { type ChunkSizes, nextCut } from '../../repository/chunk/gear.ts'
import { isIncompressible } from '../../repository/chunk/probe.ts'
import { type ChunkWriter, INCOMPRESSIBLE } from '../../repository/pack/chunk-writer.ts'
import type { ByteRange } from './messages.ts'

const CHUNK_DATA = 1
/** How much is read at once: enough to keep the disk busy, little enough to stay in the cache. */
const READ_BYTES = 1 << 20

export interface ContentWriter {
  readonly writer: ChunkWriter
  readonly table: Uint32Array
  readonly sizes: ChunkSizes
  /** Waits until a buffer for the next pack is there. Undefined when there is one already. */
  readonly buffersReady: () => Promise<void> | undefined
}

/** Stores ranges of a file, with holes between them, up to `size` bytes; ends early where the file does. */
export async function storeRanges(fd: number, size: number, ranges: Iterable<ByteRange>, content: ContentWriter): Promise<StreamItem[]> {
  const items: StreamItem[] = []
  let at = 0
  for (const [offset, length] of ranges) {
    if (offset > at) items.push({ length: offset - at })
    await storeRange(fd, offset, offset + length, content, items)
    at = offset + length
  }
  if (at < size) items.push({ length: size - at })
  return items
}

/** Stores one range of data, without holes. */
export async function storeRange(fd: number, start: number, end: number, content: ContentWriter, items: StreamItem[]): Promise<void> {
  const { writer } = content
  let at = start
  let group = 0
  for (let isFirst = true; ; isFirst = false) {
    const waiting = content.buffersReady()
    if (waiting !== undefined) await waiting
    at = fill(writer, group, fd, at, end, content.sizes.maxBytes)
    if (at < 0) end = at = -at - 1 // the file ended early
    if (isFirst) group = regroup(writer, group)
    if (writer.builder(group).pendingBytes === 0) return
    cutPending(content, group, at === end, items)
  }
}

/** Stores bytes that are in memory already, as one range. */
export async function storeBytes(bytes: Uint8Array, content: ContentWriter): Promise<StreamItem[]> {
  const items: StreamItem[] = []
  const group = isIncompressible(bytes) ? INCOMPRESSIBLE : 0
  for (let at = 0; at < bytes.length; ) {
    const waiting = content.buffersReady()
    if (waiting !== undefined) await waiting
    const end = nextCut(bytes, at, bytes.length, content.table, content.sizes)
    items.push({ length: end - at, id: content.writer.put(group, CHUNK_DATA, bytes.subarray(at, end)) })
    at = end
  }
  return items
}

/** Reads until a chunk of the largest size is pending, or the range ends; returns the next offset, or -1 - offset at the file's end. */
function fill(writer: ChunkWriter, group: number, fd: number, from: number, end: number, maxChunkBytes: number): number {
  const builder = writer.builder(group)
  let at = from
  while (at < end && builder.pendingBytes < maxChunkBytes) {
    const room = builder.room()
    const read = fs.readSync(fd, room, 0, Math.min(room.length, READ_BYTES, end - at), at)
    if (read === 0) return -1 - at
    builder.filled(read)
    at += read
  }
  return at
}

/** Moves what is pending to the blocks that are stored as they are, when compressing it would be wasted. */
function regroup(writer: ChunkWriter, group: number): number {
  const builder = writer.builder(group)
  const pending = builder.pending()
  if (!isIncompressible(pending)) return group
  const target = writer.builder(INCOMPRESSIBLE)
  pending.copy(target.room())
  target.filled(pending.length)
  builder.drop(pending.length)
  return INCOMPRESSIBLE
}

function cutPending(content: ContentWriter, group: number, isLast: boolean, items: StreamItem[]): void {
  const { writer, table, sizes } = content
  const builder = writer.builder(group)
  while (builder.pendingBytes > 0 && (isLast || builder.pendingBytes >= sizes.maxBytes)) {
    const pending = builder.pending()
    const length = nextCut(pending, 0, pending.length, table, sizes)
    items.push({ length, id: writer.take(group, CHUNK_DATA, length) })
  }
}
