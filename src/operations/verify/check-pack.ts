// One whole pack, checked as SPEC §9.4.4 says: its name, footer, directory, every block, every chunk's id.

import { type SegmentPack, SHORT_ID_BYTES } from '../../../format/index-segment.ts'
import { PACK_HEADER_BYTES, type PackKind } from '../../../format/pack.ts'
import { FormatError, IntegrityError } from '../../errors.ts'
import type { ChunkIdentity } from '../../repository/crypto/chunk-id.ts'
import { sha256 } from '../../repository/crypto/hash.ts'
import { attestationOf } from '../../repository/objects/attestation.ts'
import { segmentPack } from '../../repository/objects/pack-directories.ts'
import type { PackKeys, PackReader } from '../../repository/pack/pack-reader.ts'
import { discard } from '../../runtime/discard.ts'
import type { PackJob, PackVerdict } from './messages.ts'

export interface PackTools {
  readonly reader: PackReader
  readonly identity: ChunkIdentity
}

interface PackToCheck {
  readonly kind: PackKind
  readonly id: Uint8Array
  readonly bytes: Buffer
  /** Absent when the header does not open. */
  readonly keys: PackKeys | undefined
  /** What the index says of it. */
  readonly indexed: SegmentPack | undefined
}

/** A block as it should be. */
interface ExpectedBlock {
  readonly sealedBytes: number
  readonly rawBytes: number
  readonly lengths: ArrayLike<number>
  /** Whether chunk `i` of the block has an id that fits its bytes. */
  readonly fits: (i: number, chunk: Buffer) => boolean
}

/** Checks the pack of a job, in whichever thread. */
export function checkJob(tools: PackTools, { kind, id, buffer, packBytes, keys, indexed }: PackJob): PackVerdict {
  const packKeys = keys && { kind, blockKey: Buffer.from(keys.blockKey), directoryKey: Buffer.from(keys.directoryKey) }
  return checkPack(tools, { kind, id, bytes: Buffer.from(buffer, 0, packBytes), keys: packKeys, indexed })
}

/** Checks a pack; nothing that is wrong with it is thrown. */
function checkPack({ reader, identity }: PackTools, { kind, id, bytes, keys, indexed }: PackToCheck): PackVerdict {
  const messages: string[] = []
  if (!sha256(bytes).equals(id)) messages.push('its bytes are not those that its name says')
  if (keys === undefined)
    return { messages: [...messages, 'its header does not open'], badBlocks: [], lost: true, attestation: undefined, chunks: 0 }
  const own = directoryOf(reader, identity, { kind, id, bytes, keys, indexed }, messages)
  const blocks = own?.blocks ?? (indexed === undefined ? undefined : indexedBlocks(identity, indexed))
  if (blocks === undefined) return { messages, badBlocks: [], lost: true, attestation: undefined, chunks: 0 }
  const { badBlocks, chunks } = checkBlocks(reader, keys, bytes, blocks, messages)
  return { messages, badBlocks, lost: false, attestation: own?.attestation, chunks }
}

function checkBlocks(
  reader: PackReader,
  keys: PackKeys,
  bytes: Buffer,
  blocks: readonly ExpectedBlock[],
  messages: string[],
): { badBlocks: number[]; chunks: number } {
  const badBlocks: number[] = []
  let offset = PACK_HEADER_BYTES
  let chunks = 0
  for (const [number, block] of blocks.entries()) {
    const problem = blockProblem(reader, keys, number, bytes.subarray(offset, offset + block.sealedBytes), block)
    if (problem !== undefined) {
      badBlocks.push(number)
      messages.push(`block ${number}: ${problem}`)
    }
    offset += block.sealedBytes
    chunks += block.lengths.length
  }
  return { badBlocks, chunks }
}

function blockProblem(reader: PackReader, keys: PackKeys, number: number, sealed: Buffer, block: ExpectedBlock): string | undefined {
  return damage(() => {
    const raw = reader.openBlock(keys, number, sealed)
    if (raw.length !== block.rawBytes) throw new IntegrityError('block-size', `it holds ${raw.length} bytes instead of ${block.rawBytes}`)
    let at = 0
    for (let i = 0; i < block.lengths.length; i++) {
      const end = at + block.lengths[i]!
      if (!block.fits(i, raw.subarray(at, end)))
        throw new IntegrityError('chunk-id', `its chunk ${i} is not the one that the directory names`)
      at = end
    }
    discard(raw)
  })
}

interface OwnDirectory {
  readonly blocks: readonly ExpectedBlock[]
  readonly attestation: Buffer
}

/** The blocks as the pack's own directory tells them. */
function directoryOf(
  reader: PackReader,
  identity: ChunkIdentity,
  pack: PackToCheck & { keys: PackKeys },
  messages: string[],
): OwnDirectory | undefined {
  const { kind, id, bytes, keys } = pack
  let own: OwnDirectory | undefined
  const problem = damage(() => {
    const blocks = reader.readDirectory(bytes, keys)
    const expected = blocks.map(({ sealedBytes, rawBytes, chunks }) => ({
      sealedBytes,
      rawBytes,
      lengths: chunks.map(({ length }) => length),
      fits: (i: number, chunk: Buffer) => identity.id(chunks[i]!.kind, chunk).equals(chunks[i]!.id),
    }))
    own = { blocks: expected, attestation: attestationOf(segmentPack(id, kind, bytes.length, blocks)) }
  })
  if (problem !== undefined) messages.push(`its directory: ${problem}`)
  return own
}

/** The blocks as the index tells them: a pack that lost its directory may still be read. */
function indexedBlocks(identity: ChunkIdentity, { kind, blocks, lengths, shortIds }: SegmentPack): ExpectedBlock[] {
  let first = 0
  return blocks.map(({ sealedBytes, rawBytes, chunkCount }) => {
    const from = first
    first += chunkCount
    const isNamed = (chunk: Buffer, i: number, chunkKind: 1 | 2 | 3): boolean => {
      const at = SHORT_ID_BYTES * (from + i)
      return identity
        .id(chunkKind, chunk)
        .subarray(0, SHORT_ID_BYTES)
        .equals(shortIds.subarray(at, at + SHORT_ID_BYTES))
    }
    const fits = (i: number, chunk: Buffer): boolean => (kind === 1 ? isNamed(chunk, i, 1) : isNamed(chunk, i, 2) || isNamed(chunk, i, 3))
    return { sealedBytes, rawBytes, lengths: lengths.subarray(from, from + chunkCount), fits }
  })
}

/** What damage the work met; other errors are defects and go on. */
function damage(work: () => void): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof IntegrityError || error instanceof FormatError) return error.message
    throw error
  }
}
