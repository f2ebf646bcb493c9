import { PACK_HEADER_BYTES } from '../../../format/pack.ts'
import type { IndexedPack } from '../../repository/objects/chunk-index.ts'
import type { PlannedBlock } from './block-order.ts'

/** One read of the store: a run of a pack's blocks, which one thread opens. */
export interface Fetch {
  readonly pack: IndexedPack
  /** Bytes of the pack that are read. */
  readonly offset: number
  readonly length: number
  /** Its blocks in the order of blocks: from `first`, below `end`. */
  readonly first: number
  readonly end: number
}

/** Enough to keep a disk or network busy, few enough to hold several of them in memory. */
export const FETCH_BYTES = 8 << 20
/** Bytes that nobody wants are read, too, where that saves a read. */
const GAP_BYTES = 512 << 10

/** The reads that give all blocks, in their order: whole packs in a few pieces where most is wanted, ranges where little is. */
export function planFetches(blocks: readonly PlannedBlock[]): Fetch[] {
  const fetches: Fetch[] = []
  let first = 0
  for (let end = 1; end <= blocks.length; end++) {
    if (end < blocks.length && belongsTo(blocks, first, end)) continue
    fetches.push(fetchOf(blocks, first, end))
    first = end
  }
  return fetches
}

function belongsTo(blocks: readonly PlannedBlock[], first: number, next: number): boolean {
  const { pack, block } = blocks[next]!
  const before = blocks[next - 1]!
  if (pack !== before.pack) return false
  const gap = block.offset - endOf(before)
  return gap <= GAP_BYTES && endOf(blocks[next]!) - blocks[first]!.block.offset <= FETCH_BYTES
}

function fetchOf(blocks: readonly PlannedBlock[], first: number, end: number): Fetch {
  const { pack, block } = blocks[first]!
  // The header comes along where it is near: it holds the pack's key.
  const offset = block.offset - PACK_HEADER_BYTES <= GAP_BYTES ? 0 : block.offset
  return { pack, offset, length: endOf(blocks[end - 1]!) - offset, first, end }
}

function endOf({ block }: PlannedBlock): number {
  return block.offset + block.sealedBytes
}
