// The raw directory of a pack (SPEC §6.1): which chunks lie in which block, column by column.

import { asBuffer, exactly, type Id } from './bytes.ts'
import { ColumnReader, checkBlock, u32Column } from './columns.ts'
import { FormatError } from './format-error.ts'
import { LIMITS } from './limits.ts'
import { CHUNK_DATA, CHUNK_LIST, type ChunkKind, PACK_DATA, PACK_HEADER_BYTES, type PackKind, SEALED_BLOCK_MIN_BYTES } from './pack-kind.ts'

export interface DirectoryChunk {
  readonly kind: ChunkKind
  /** Plain bytes, 1 to 8 MiB. */
  readonly length: number
  readonly id: Id
}

export interface DirectoryBlock {
  readonly sealedBytes: number
  readonly rawBytes: number
  readonly chunks: readonly DirectoryChunk[]
}

/** What the pack around a directory says, where it is known. */
export interface DirectoryContext {
  readonly packKind?: PackKind
  /** Where the sealed directory begins, from the footer. */
  readonly directoryOffset?: number
}

const FIXED_BYTES = 8
const BLOCK_BYTES = 12
const CHUNK_BYTES = 37

/** The raw directory of a pack's blocks. SPEC §6.1 */
export function encodeDirectory(blocks: readonly DirectoryBlock[]): Buffer {
  const chunks = blocks.flatMap((block) => block.chunks)
  const head = Buffer.alloc(FIXED_BYTES + blocks.length * BLOCK_BYTES)
  head.writeUInt32BE(blocks.length, 0)
  head.writeUInt32BE(chunks.length, 4)
  blocks.forEach((block, i) => {
    head.writeUInt32BE(block.sealedBytes, FIXED_BYTES + i * BLOCK_BYTES)
    head.writeUInt32BE(block.rawBytes, FIXED_BYTES + i * BLOCK_BYTES + 4)
    head.writeUInt32BE(block.chunks.length, FIXED_BYTES + i * BLOCK_BYTES + 8)
  })
  const lengths = u32Column(Uint32Array.from(chunks, (chunk) => chunk.length))
  const ids = chunks.map((chunk) => exactly(chunk.id, 32, 'directory-id', 'a chunk id'))
  return Buffer.concat([head, Buffer.from(chunks.map((chunk) => chunk.kind)), lengths, ...ids])
}

/**
 * The blocks of a raw directory; ids are views. SPEC §6.1
 * @throws {FormatError} `directory-*` when sizes, counts or kinds do not agree.
 */
export function decodeDirectory(raw: Uint8Array, context: DirectoryContext = {}): DirectoryBlock[] {
  const bytes = asBuffer(raw)
  const counts = checkCounts(bytes)
  const columns = new ColumnReader(bytes)
  columns.bytes(FIXED_BYTES)
  const table = columns.u32Array(counts.blocks * 3)
  const kinds = columns.bytes(counts.chunks)
  const lengths = columns.u32Array(counts.chunks)
  const ids = columns.bytes(counts.chunks * 32)
  checkTotals(table, counts.chunks, context)
  checkKinds(kinds, context.packKind)
  return readBlocks(table, kinds, lengths, ids)
}

function checkCounts(bytes: Buffer): { blocks: number; chunks: number } {
  if (bytes.length < FIXED_BYTES) throw new FormatError('directory-truncated', `a directory of ${bytes.length} bytes has no counts`)
  const blocks = bytes.readUInt32BE(0)
  const chunks = bytes.readUInt32BE(4)
  if (blocks === 0) throw new FormatError('directory-no-block', 'a directory without a block')
  if (blocks > LIMITS.packBlocks) throw new FormatError('directory-too-many-blocks', `a directory of ${blocks} blocks`)
  if (chunks > LIMITS.packChunks) throw new FormatError('directory-too-many-chunks', `a directory of ${chunks} chunks`)
  const expected = FIXED_BYTES + blocks * BLOCK_BYTES + chunks * CHUNK_BYTES
  if (bytes.length < expected) throw new FormatError('directory-truncated', `a directory of ${bytes.length} bytes instead of ${expected}`)
  if (bytes.length > expected) throw new FormatError('directory-trailing', `a directory of ${bytes.length} bytes instead of ${expected}`)
  return { blocks, chunks }
}

function checkTotals(table: Uint32Array, chunkCount: number, context: DirectoryContext): void {
  let sealed = 0
  let chunks = 0
  for (let i = 0; i < table.length; i += 3) {
    const sealedBytes = table[i] ?? 0
    if (sealedBytes < SEALED_BLOCK_MIN_BYTES)
      throw new FormatError('directory-sealed-size', `block ${i / 3} has ${sealedBytes} sealed bytes`)
    sealed += sealedBytes
    chunks += table[i + 2] ?? 0
  }
  if (chunks !== chunkCount) throw new FormatError('directory-chunk-count', `the blocks have ${chunks} chunks, the directory ${chunkCount}`)
  const space = context.directoryOffset === undefined ? LIMITS.packBytes : context.directoryOffset - PACK_HEADER_BYTES
  if (context.directoryOffset === undefined ? sealed > space : sealed !== space) {
    throw new FormatError('directory-sealed-sum', `the blocks have ${sealed} sealed bytes where the pack has ${space}`)
  }
}

function checkKinds(kinds: Buffer, packKind: PackKind | undefined): void {
  const data = packKind === undefined ? kinds[0] === CHUNK_DATA : packKind === PACK_DATA
  for (const kind of kinds) {
    if (kind < CHUNK_DATA || kind > CHUNK_LIST) throw new FormatError('directory-chunk-kind', `a chunk of the unknown kind ${kind}`)
    if ((kind === CHUNK_DATA) !== data) {
      throw new FormatError(
        'directory-mixed-kinds',
        `a chunk of kind ${kind} in a pack of ${data ? 'data chunks' : 'tree and list chunks'}`,
      )
    }
  }
}

function readBlocks(table: Uint32Array, kinds: Buffer, lengths: Uint32Array, ids: Buffer): DirectoryBlock[] {
  const blocks: DirectoryBlock[] = []
  let from = 0
  for (let i = 0; i < table.length; i += 3) {
    const block = { sealedBytes: table[i] ?? 0, rawBytes: table[i + 1] ?? 0, chunkCount: table[i + 2] ?? 0 }
    checkBlock('directory', i / 3, block, lengths, from)
    const chunks: DirectoryChunk[] = []
    for (let c = from; c < from + block.chunkCount; c += 1) {
      // checkKinds has seen to it that this is 1, 2 or 3.
      chunks.push({ kind: kinds[c] as ChunkKind, length: lengths[c] ?? 0, id: ids.subarray(c * 32, c * 32 + 32) })
    }
    blocks.push({ sealedBytes: block.sealedBytes, rawBytes: block.rawBytes, chunks })
    from += block.chunkCount
  }
  return blocks
}
