import { concat, u32 } from '../bytes.ts'
import { type DirectoryBlock, type DirectoryChunk, encodeDirectory, encodeFooter, encodePackHeader } from '../pack.ts'
import { accept, type Context, fill, patch, reject, type Vector } from './vector.ts'

const MIB = 1024 * 1024
const header = { kind: 1 as const, epoch: 3, repository: fill(32, 0x11), commitment: fill(32, 0x22), ciphertext: fill(1120, 0x33) }
const packHeader = encodePackHeader(header)

function chunk(kind: 1 | 2 | 3, length: number, seed: number): DirectoryChunk {
  return { kind, length, id: fill(32, seed) }
}

const blocks: DirectoryBlock[] = [
  { sealedBytes: 60, rawBytes: 300, chunks: [chunk(1, 100, 1), chunk(1, 200, 2)] },
  { sealedBytes: 40, rawBytes: 7, chunks: [chunk(1, 7, 3)] },
]
const directory = encodeDirectory(blocks)
/** Offsets within `directory`: 2 blocks, 3 chunks. */
const KINDS = 8 + 2 * 12
const LENGTHS = KINDS + 3

function bad(error: string, name: string, description: string, bytes: Uint8Array, context?: Context): Vector {
  return reject('directory', error, name, description, bytes, context)
}

function oneBlock(...lengths: readonly number[]): Buffer {
  const rawBytes = lengths.reduce((sum, length) => sum + length, 0)
  return encodeDirectory([{ sealedBytes: 64, rawBytes, chunks: lengths.map((length, i) => chunk(1, length, i)) }])
}

const directoryCases: readonly Vector[] = [
  accept('directory', 'two-blocks', 'a data pack of two blocks', blocks),
  accept('directory', 'in-place', 'a directory that begins where its blocks end', blocks, { packKind: 1, directoryOffset: 1300 }),
  accept(
    'directory',
    'tree-pack',
    'a tree pack with a list chunk',
    [{ sealedBytes: 99, rawBytes: 30, chunks: [chunk(2, 10, 1), chunk(3, 20, 2)] }],
    { packKind: 2 },
  ),
  bad('directory-truncated', 'no-counts', 'seven bytes', fill(7, 0)),
  bad('directory-truncated', 'truncated', 'the last byte is missing', directory.subarray(0, -1)),
  bad('directory-trailing', 'trailing', 'a byte too many', concat(directory, fill(1, 0))),
  bad('directory-no-block', 'no-block', 'no block', fill(8, 0)),
  bad('directory-too-many-blocks', 'too-many-blocks', '65,536 blocks', concat(u32(65_536), u32(1))),
  bad('directory-too-many-chunks', 'too-many-chunks', '4,194,305 chunks', concat(u32(1), u32(4_194_305))),
  bad('directory-sealed-size', 'sealed-size', 'a block of 24 sealed bytes', patch(directory, 8, 0, 0, 0, 24)),
  bad('directory-chunk-count', 'chunk-count', 'blocks with fewer chunks than the directory', patch(directory, 8 + 12 + 8, 0, 0, 0, 0)),
  bad('directory-sealed-sum', 'sealed-sum', 'blocks that do not reach the directory', directory, { directoryOffset: 1301 }),
  bad('directory-sealed-sum', 'sealed-sum-limit', 'blocks of more than 256 MiB', patch(directory, 8, 0x10, 0, 0, 0)),
  bad('directory-chunk-kind', 'chunk-kind-0', 'a chunk of kind 0', patch(directory, KINDS, 0)),
  bad('directory-chunk-kind', 'chunk-kind-4', 'a chunk of kind 4', patch(directory, KINDS + 2, 4)),
  bad('directory-mixed-kinds', 'mixed-kinds', 'a tree chunk among data chunks', patch(directory, KINDS + 1, 2)),
  bad('directory-mixed-kinds', 'wrong-pack', 'data chunks in a tree pack', directory, { packKind: 2 }),
  bad(
    'directory-block-empty',
    'block-empty',
    'a block without chunks',
    encodeDirectory([...blocks, { sealedBytes: 40, rawBytes: 0, chunks: [] }]),
  ),
  bad('directory-block-too-large', 'block-too-large', 'a block of 16 MiB and one byte', oneBlock(8 * MIB, 8 * MIB, 1)),
  bad('directory-chunk-too-large', 'chunk-too-large', 'a chunk of 8 MiB and one byte', oneBlock(8 * MIB + 1)),
  bad('directory-chunk-empty', 'chunk-empty', 'a chunk of no bytes', oneBlock(5, 0)),
  bad('directory-block-sum', 'block-sum', 'lengths that do not add up to the block', patch(directory, LENGTHS + 3, 101)),
]

/** Header, directory and footer of packs. SPEC §6.1 */
export const packCases: readonly Vector[] = [
  accept('pack-header', 'data', 'the header of a data pack', header),
  accept('pack-header', 'tree', 'the header of a tree pack of the last epoch', { ...header, kind: 2, epoch: 0xffffffff }),
  reject('pack-header', 'pack-truncated', 'truncated', 'a header of 1,199 bytes', packHeader.subarray(0, -1)),
  reject('pack-header', 'pack-magic', 'magic', 'another magic', patch(packHeader, 7, 0x4c)),
  reject('pack-header', 'pack-version', 'version', 'version 2', patch(packHeader, 8, 2)),
  reject('pack-header', 'pack-kind', 'kind-0', 'kind 0', patch(packHeader, 9, 0)),
  reject('pack-header', 'pack-kind', 'kind-3', 'kind 3, which chunks have', patch(packHeader, 9, 3)),
  reject('pack-header', 'pack-reserved', 'reserved', 'a reserved byte that is not zero', patch(packHeader, 11, 1)),
  ...directoryCases,
  accept('footer', 'plain', 'a directory of 200 bytes at 1,300', { directoryOffset: 1300, directoryBytes: 200 }),
  accept('footer', 'tight', 'no padding', { directoryOffset: 1225, directoryBytes: 51 }, { packBytes: 1300 }),
  reject('footer', 'footer-length', 'length', 'nine bytes', fill(9, 0)),
  reject('footer', 'footer-offset', 'offset', 'no room for a block', encodeFooter({ directoryOffset: 1224, directoryBytes: 200 })),
  reject('footer', 'footer-size', 'size', 'a directory of 24 bytes', encodeFooter({ directoryOffset: 1300, directoryBytes: 24 })),
  reject('footer', 'footer-beyond', 'beyond', 'it ends in the footer', encodeFooter({ directoryOffset: 1225, directoryBytes: 52 }), {
    packBytes: 1300,
  }),
]
