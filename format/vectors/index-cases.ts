import { concat, u32 } from '../bytes.ts'
import { encodeSegmentBody, encodeSegmentHeader, type SegmentBody, type SegmentPack } from '../index-segment.ts'
import { accept, fill, patch, reject, type Vector } from './vector.ts'

const MIB = 1024 * 1024
const header = { repository: fill(32, 0x11), signer: fill(32, 0x22), salt: fill(32, 0x33) }
const segmentHeader = encodeSegmentHeader(header)

function pack(change: Partial<SegmentPack> = {}): SegmentPack {
  return {
    id: fill(32, 0x44),
    kind: 1,
    packBytes: 2048,
    blocks: [
      { sealedBytes: 60, rawBytes: 300, chunkCount: 2 },
      { sealedBytes: 40, rawBytes: 7, chunkCount: 1 },
    ],
    lengths: Uint32Array.of(100, 200, 7),
    shortIds: concat(fill(16, 1), fill(16, 2), fill(16, 3)),
    ...change,
  }
}

const small = pack({
  id: fill(32, 0x55),
  kind: 2,
  blocks: [{ sealedBytes: 25, rawBytes: 1, chunkCount: 1 }],
  lengths: Uint32Array.of(1),
  shortIds: fill(16, 4),
})
const body: SegmentBody = { superseded: [fill(32, 0x66)], packs: [pack(), small] }
const segment = encodeSegmentBody(body)
/** Offset of the counts behind one superseded id, and of the first pack. */
const COUNTS = 4 + 32
const PACK = COUNTS + 12

function bad(error: string, name: string, description: string, bytes: Uint8Array): Vector {
  return reject('segment-body', error, name, description, bytes)
}

function with1(change: Partial<SegmentPack>): Buffer {
  return encodeSegmentBody({ superseded: [], packs: [pack(change)] })
}

function oneBlock(rawBytes: number, ...lengths: readonly number[]): Buffer {
  const blocks = [{ sealedBytes: 60, rawBytes, chunkCount: lengths.length }]
  return with1({ blocks, lengths: Uint32Array.from(lengths), shortIds: fill(16 * lengths.length, 7) })
}

/** Header and body of index segments. SPEC §6.4 */
export const indexCases: readonly Vector[] = [
  accept('segment-header', 'plain', 'a header', header),
  reject('segment-header', 'segment-truncated', 'truncated', 'a header of 111 bytes', segmentHeader.subarray(0, -1)),
  reject('segment-header', 'segment-magic', 'magic', 'the magic of a pack', concat(Buffer.from('CAIRNPAK'), segmentHeader.subarray(8))),
  reject('segment-header', 'segment-version', 'version', 'version 0', patch(segmentHeader, 8, 0)),
  reject('segment-header', 'segment-reserved', 'reserved', 'a reserved byte that is not zero', patch(segmentHeader, 15, 1)),
  accept('segment-body', 'two-packs', 'two packs and a segment that is replaced', body),
  accept('segment-body', 'empty', 'no packs: it only replaces others', { superseded: [fill(32, 1), fill(32, 2)], packs: [] }),
  bad('segment-body-truncated', 'no-counts', '15 bytes', fill(15, 0)),
  bad('segment-body-truncated', 'superseded', 'it ends within the superseded ids', concat(u32(2), fill(40, 0))),
  bad('segment-body-truncated', 'superseded-huge', 'it claims 2^32−1 superseded ids', fill(16, 0xff)),
  bad('segment-body-truncated', 'truncated', 'the last byte is missing', segment.subarray(0, -1)),
  bad('segment-body-trailing', 'trailing', 'a byte too many', concat(segment, fill(1, 0))),
  bad('segment-pack-kind', 'pack-kind', 'a pack of kind 3', patch(segment, PACK + 32, 3)),
  bad('segment-pack-too-large', 'pack-too-large', 'a pack of 256 MiB and one byte', with1({ packBytes: 256 * MIB + 1 })),
  bad('segment-no-block', 'no-block', 'a pack without blocks', with1({ blocks: [], lengths: new Uint32Array(0), shortIds: fill(0, 0) })),
  bad('segment-block-count', 'block-count', 'packs with more blocks than the segment', patch(segment, PACK + 40, 3)),
  bad('segment-chunk-count', 'chunk-count', 'packs with more chunks than the segment', patch(segment, PACK + 44, 4)),
  bad(
    'segment-pack-chunk-count',
    'pack-more',
    'blocks with more chunks than their pack',
    patch(patch(segment, PACK + 44, 2), PACK + 45 + 44, 2),
  ),
  bad(
    'segment-pack-chunk-count',
    'pack-fewer',
    'blocks with fewer chunks than their pack',
    with1({ blocks: [{ sealedBytes: 60, rawBytes: 300, chunkCount: 2 }] }),
  ),
  bad('segment-sealed-size', 'sealed-size', 'a block of 24 sealed bytes', patch(segment, PACK + 90 + 3, 24)),
  bad('segment-pack-size', 'pack-size', 'blocks that do not fit into their pack', with1({ packBytes: 1348 })),
  bad('segment-block-empty', 'block-empty', 'a block without chunks', oneBlock(0)),
  bad('segment-block-too-large', 'block-too-large', 'a block of 16 MiB and one byte', oneBlock(16 * MIB + 1, 8 * MIB, 8 * MIB, 1)),
  bad('segment-chunk-empty', 'chunk-empty', 'a chunk of no bytes', oneBlock(5, 5, 0)),
  bad('segment-chunk-too-large', 'chunk-too-large', 'a chunk of 8 MiB and one byte', oneBlock(8 * MIB + 1, 8 * MIB + 1)),
  bad('segment-block-sum', 'block-sum', 'lengths that do not add up to the block', oneBlock(6, 5)),
]
