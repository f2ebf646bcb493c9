// Reads data of an open file into chunks: straight into the block in the making, cut there, kept or dropped. Worker threads run this.

import fs from 'node:fs'
import type { StreamItem } from '../../../format/stream.ts'
import { type ChunkSizes, nextCut } from '../../repository/chunk/gear.ts'
import type { BlockBuilder } from '../../repository/pack/block-builder.ts'
import type { ChunkWriter } from '../../repository/pack/chunk-writer.ts'
import { ContentLayout } from './content-layout.ts'
import type { ByteRange } from './messages.ts'

const CHUNK_DATA = 1
/** How much is read at once: enough to keep the disk busy, little enough to stay in the cache. */
const READ_BYTES = 1 << 20
const MOST_UNSIZED_BYTES = 64 << 20

export interface ContentWriter {
  readonly writer: ChunkWriter
  readonly table: Uint32Array
  readonly sizes: ChunkSizes
  /** Waits until earlier packs are stored. Undefined when there is no need to. */
  readonly flowReady: () => Promise<void> | undefined
}

/** Stores ranges of a file with holes between them, from offset `from` on; ends early where the file does. */
export async function storeRanges(fd: number, from: number, ranges: Iterable<ByteRange>, content: ContentWriter): Promise<ContentLayout> {
  const layout = new ContentLayout(from)
  for (const [offset, length] of ranges) {
    const items: StreamItem[] = []
    await storeRange(fd, offset, offset + length, content, items)
    layout.add(offset, offset + length, { items, isTorn: false })
  }
  return layout
}

/** Stores a file of at most one chunk's largest size, which has no holes; ends early where it does. Nothing is waited for. */
export function storeWhole(fd: number, size: number, content: ContentWriter): StreamItem[] {
  const { builder } = content.writer
  const items: StreamItem[] = []
  try {
    fill(builder, fd, 0, size, content.sizes.maxBytes)
    cutPending(content, true, items)
    return items
  } finally {
    builder.drop(builder.pendingBytes)
  }
}

/**
 * Stores what a file gives that says it has 0 bytes: those of /proc have content all the same. One read tells that a file is empty.
 * @throws {Error} `EFBIG` when it does not end: some of /proc give as many bytes as one asks for
 */
export async function storeUnsized(fd: number, content: ContentWriter): Promise<StreamItem[]> {
  const items: StreamItem[] = []
  await storeRange(fd, 0, MOST_UNSIZED_BYTES, content, items)
  if (items.reduce((sum, { length }) => sum + length, 0) < MOST_UNSIZED_BYTES) return items
  throw Object.assign(new Error(`EFBIG: it says that it is empty, and gives more than ${MOST_UNSIZED_BYTES} bytes`), { code: 'EFBIG' })
}

/** Stores one range of data, without holes. */
export async function storeRange(fd: number, start: number, end: number, content: ContentWriter, items: StreamItem[]): Promise<void> {
  const { builder } = content.writer
  try {
    for (let at = start, isLast = false; !isLast; ) {
      const waiting = content.flowReady()
      if (waiting !== undefined) await waiting
      const read = fill(builder, fd, at, end, content.sizes.maxBytes)
      at += read.bytes
      isLast = read.isLast
      cutPending(content, isLast, items)
    }
  } finally {
    // After an error what was read of this file must not become the beginning of the next.
    builder.drop(builder.pendingBytes)
  }
}

/** Stores bytes that are in memory already, as one range. */
export async function storeBytes(bytes: Uint8Array, content: ContentWriter): Promise<StreamItem[]> {
  const items: StreamItem[] = []
  for (let at = 0; at < bytes.length; ) {
    const waiting = content.flowReady()
    if (waiting !== undefined) await waiting
    const end = nextCut(bytes, at, bytes.length, content.table, content.sizes)
    items.push({ length: end - at, id: content.writer.put(CHUNK_DATA, bytes.subarray(at, end)) })
    at = end
  }
  return items
}

/** Reads until a chunk of the largest size is pending, or the range or the file ends. */
function fill(builder: BlockBuilder, fd: number, from: number, end: number, maxChunkBytes: number): { bytes: number; isLast: boolean } {
  let at = from
  while (at < end && builder.pendingBytes < maxChunkBytes) {
    const room = builder.room()
    const read = fs.readSync(fd, room, 0, Math.min(room.length, READ_BYTES, end - at), at)
    if (read === 0) return { bytes: at - from, isLast: true }
    builder.filled(read)
    at += read
  }
  return { bytes: at - from, isLast: at === end }
}

function cutPending(content: ContentWriter, isLast: boolean, items: StreamItem[]): void {
  const { writer, table, sizes } = content
  const { builder } = writer
  while (builder.pendingBytes > 0 && (isLast || builder.pendingBytes >= sizes.maxBytes)) {
    const pending = builder.pending()
    const length = nextCut(pending, 0, pending.length, table, sizes)
    items.push({ length, id: writer.take(CHUNK_DATA, length) })
  }
}
