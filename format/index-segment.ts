// An index segment (SPEC §6.4): where chunks are, as columns. There may be millions, so a chunk never becomes an object.

import { asBuffer, exactly, type Id } from './bytes.ts'
import { type BlockShape, ColumnReader, checkBlock, u32Column } from './columns.ts'
import { FormatError } from './format-error.ts'
import { checkHeader, newHeader } from './header.ts'
import { LIMITS } from './limits.ts'
import { checkPackKind, PACK_FOOTER_BYTES, PACK_HEADER_BYTES, type PackKind, SEALED_BLOCK_MIN_BYTES } from './pack-kind.ts'

export const SEGMENT_HEADER_BYTES = 112
export const SHORT_ID_BYTES = 16

const SHAPE = { name: 'segment', magic: 'CAIRNIDX', headerBytes: SEGMENT_HEADER_BYTES, reserved: [9, 16] } as const
const PACK_ROW_BYTES = 45

export interface SegmentHeader {
  readonly repository: Id
  /** The member id of who signed. */
  readonly signer: Id
  /** 32 bytes. */
  readonly salt: Uint8Array
}

export type SegmentBlock = BlockShape

export interface SegmentPack {
  readonly id: Id
  readonly kind: PackKind
  /** Size of the whole pack. */
  readonly packBytes: number
  readonly blocks: readonly SegmentBlock[]
  /** Plain bytes of each chunk, in the order of the blocks. */
  readonly lengths: Uint32Array
  /** The first 16 bytes of each chunk's id. */
  readonly shortIds: Uint8Array
}

export interface SegmentBody {
  /** Ids of the segments that this one replaces. */
  readonly superseded: readonly Id[]
  readonly packs: readonly SegmentPack[]
}

/** The first 112 bytes of a segment. SPEC §6.4 */
export function encodeSegmentHeader(fields: SegmentHeader): Buffer {
  const header = newHeader(SHAPE)
  exactly(fields.repository, 32, 'segment-repository', 'the repository id').copy(header, 16)
  exactly(fields.signer, 32, 'segment-signer', "the signer's id").copy(header, 48)
  exactly(fields.salt, 32, 'segment-salt', 'the salt').copy(header, 80)
  return header
}

/**
 * The header at the start of a segment; its byte strings are views. SPEC §6.4
 * @throws {FormatError} `segment-*` when it is none.
 */
export function decodeSegmentHeader(segment: Uint8Array): SegmentHeader {
  const header = checkHeader(SHAPE, segment)
  return { repository: header.subarray(16, 48), signer: header.subarray(48, 80), salt: header.subarray(80, SEGMENT_HEADER_BYTES) }
}

/** The raw body of a segment. SPEC §6.4 */
export function encodeSegmentBody(body: SegmentBody): Buffer {
  const { superseded, packs } = body
  const blocks = packs.flatMap((pack) => pack.blocks)
  const chunkCount = packs.reduce((sum, pack) => sum + pack.lengths.length, 0)
  const table = Uint32Array.from(blocks.flatMap((block) => [block.sealedBytes, block.rawBytes, block.chunkCount]))
  return Buffer.concat([
    u32Column(Uint32Array.of(superseded.length)),
    ...superseded,
    u32Column(Uint32Array.of(packs.length, blocks.length, chunkCount)),
    ...packs.map(encodePackRow),
    u32Column(table),
    ...packs.map((pack) => u32Column(pack.lengths)),
    ...packs.map((pack) => exactly(pack.shortIds, pack.lengths.length * SHORT_ID_BYTES, 'segment-short-ids', 'the short ids of a pack')),
  ])
}

function encodePackRow(pack: SegmentPack): Buffer {
  const row = Buffer.alloc(PACK_ROW_BYTES)
  exactly(pack.id, 32, 'segment-pack-id', 'a pack id').copy(row)
  row[32] = pack.kind
  row.writeUInt32BE(pack.packBytes, 33)
  row.writeUInt32BE(pack.blocks.length, 37)
  row.writeUInt32BE(pack.lengths.length, 41)
  return row
}

/**
 * The body of a segment; ids are views, lengths copies. SPEC §6.4
 * @throws {FormatError} `segment-*` when sizes or counts do not agree.
 */
export function decodeSegmentBody(raw: Uint8Array): SegmentBody {
  const bytes = asBuffer(raw)
  const counts = checkSegmentCounts(bytes)
  const columns = new ColumnReader(bytes)
  columns.bytes(4)
  const superseded = Array.from({ length: counts.superseded }, () => columns.bytes(32))
  columns.bytes(12)
  const rows = Array.from({ length: counts.packs }, () => readPackRow(columns))
  checkRowTotals(rows, counts)
  const table = columns.u32Array(counts.blocks * 3)
  const lengths = columns.u32Array(counts.chunks)
  const shortIds = columns.bytes(counts.chunks * SHORT_ID_BYTES)
  return { superseded, packs: readPacks(rows, table, lengths, shortIds) }
}

interface Counts {
  readonly superseded: number
  readonly packs: number
  readonly blocks: number
  readonly chunks: number
}

function checkSegmentCounts(bytes: Buffer): Counts {
  if (bytes.length < 16) throw new FormatError('segment-body-truncated', `a segment body of ${bytes.length} bytes has no counts`)
  const superseded = bytes.readUInt32BE(0)
  const at = 4 + superseded * 32
  if (at + 12 > bytes.length) throw new FormatError('segment-body-truncated', `a segment body ends within ${superseded} superseded ids`)
  const [packs, blocks, chunks] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4), bytes.readUInt32BE(at + 8)]
  const expected = at + 12 + packs * PACK_ROW_BYTES + blocks * 12 + chunks * (4 + SHORT_ID_BYTES)
  if (bytes.length < expected)
    throw new FormatError('segment-body-truncated', `a segment body of ${bytes.length} bytes instead of ${expected}`)
  if (bytes.length > expected)
    throw new FormatError('segment-body-trailing', `a segment body of ${bytes.length} bytes instead of ${expected}`)
  return { superseded, packs, blocks, chunks }
}

interface PackRow {
  readonly id: Buffer
  readonly kind: PackKind
  readonly packBytes: number
  readonly blockCount: number
  readonly chunkCount: number
}

function readPackRow(columns: ColumnReader): PackRow {
  const row = {
    id: columns.bytes(32),
    kind: checkPackKind(columns.u8(), 'segment-pack-kind'),
    packBytes: columns.u32(),
    blockCount: columns.u32(),
    chunkCount: columns.u32(),
  }
  if (row.packBytes > LIMITS.packBytes) throw new FormatError('segment-pack-too-large', `a pack of ${row.packBytes} bytes`)
  if (row.blockCount === 0) throw new FormatError('segment-no-block', 'a pack without a block')
  if (row.blockCount > LIMITS.packBlocks) throw new FormatError('segment-too-many-blocks', `a pack of ${row.blockCount} blocks`)
  if (row.chunkCount > LIMITS.packChunks) throw new FormatError('segment-too-many-chunks', `a pack of ${row.chunkCount} chunks`)
  return row
}

function checkRowTotals(rows: readonly PackRow[], counts: Counts): void {
  const blocks = rows.reduce((sum, row) => sum + row.blockCount, 0)
  const chunks = rows.reduce((sum, row) => sum + row.chunkCount, 0)
  if (blocks !== counts.blocks)
    throw new FormatError('segment-block-count', `the packs have ${blocks} blocks, the segment ${counts.blocks}`)
  if (chunks !== counts.chunks)
    throw new FormatError('segment-chunk-count', `the packs have ${chunks} chunks, the segment ${counts.chunks}`)
}

function readPacks(rows: readonly PackRow[], table: Uint32Array, lengths: Uint32Array, shortIds: Buffer): SegmentPack[] {
  let block = 0
  let chunk = 0
  return rows.map(({ id, kind, packBytes, blockCount, chunkCount }) => {
    const packLengths = lengths.subarray(chunk, chunk + chunkCount)
    const blocks = readBlocks(table.subarray(block * 3, (block + blockCount) * 3), packLengths, packBytes)
    const packShortIds = shortIds.subarray(chunk * SHORT_ID_BYTES, (chunk + chunkCount) * SHORT_ID_BYTES)
    block += blockCount
    chunk += chunkCount
    return { id, kind, packBytes, blocks, lengths: packLengths, shortIds: packShortIds }
  })
}

function readBlocks(table: Uint32Array, lengths: Uint32Array, packBytes: number): SegmentBlock[] {
  const blocks: SegmentBlock[] = []
  let from = 0
  let end = PACK_HEADER_BYTES
  for (let i = 0; i < table.length; i += 3) {
    const block = { sealedBytes: table[i] ?? 0, rawBytes: table[i + 1] ?? 0, chunkCount: table[i + 2] ?? 0 }
    if (block.sealedBytes < SEALED_BLOCK_MIN_BYTES)
      throw new FormatError('segment-sealed-size', `a block of ${block.sealedBytes} sealed bytes`)
    if (from + block.chunkCount > lengths.length)
      throw new FormatError('segment-pack-chunk-count', 'blocks with more chunks than their pack')
    checkBlock('segment', i / 3, block, lengths, from)
    blocks.push(block)
    from += block.chunkCount
    end += block.sealedBytes
  }
  if (from !== lengths.length) throw new FormatError('segment-pack-chunk-count', `blocks of ${from} chunks in a pack of ${lengths.length}`)
  if (end + SEALED_BLOCK_MIN_BYTES + PACK_FOOTER_BYTES > packBytes) {
    throw new FormatError('segment-pack-size', `blocks that end at ${end} do not fit into a pack of ${packBytes} bytes`)
  }
  return blocks
}
