// From "which pieces does each file have" to "which pieces does each block give": the way a restore reads. Each block
// is fetched and opened once, whoever needs it.

import type { IndexedBlock, IndexedPack } from '../../repository/objects/chunk-index.ts'

/** A block that something is wanted from. */
export interface PlannedBlock {
  readonly pack: IndexedPack
  readonly block: IndexedBlock
}

/** The wanted blocks, by pack and number, and the pieces of each. Arrays in shared memory. */
export interface BlockOrder {
  readonly blocks: readonly PlannedBlock[]
  /** Rows of pieces, block after block; within a block in the order of the walk. */
  readonly pieces: Uint32Array
  /** Where the pieces of each block end in `pieces`. */
  readonly ends: Float64Array
}

/** Sorts pieces by their blocks. `blockOf` gives each piece's number in `blocks`, or one beyond them for a piece that is not wanted. */
export function orderByBlock(blockOf: Uint32Array, blocks: readonly PlannedBlock[]): BlockOrder {
  const counts = new Uint32Array(blocks.length)
  for (const number of blockOf) if (number < blocks.length) counts[number]!++
  const wanted = sortedBlocks(blocks).filter((number) => counts[number]! > 0)
  const ends = new Float64Array(new SharedArrayBuffer(wanted.length * 8))
  const next = new Float64Array(blocks.length)
  let sum = 0
  for (const [at, number] of wanted.entries()) {
    next[number] = sum
    sum += counts[number]!
    ends[at] = sum
  }
  const pieces = new Uint32Array(new SharedArrayBuffer(sum * 4))
  for (const [piece, number] of blockOf.entries()) if (number < blocks.length) pieces[next[number]!++] = piece
  return { blocks: wanted.map((number) => blocks[number]!), pieces, ends }
}

/** Numbers of the blocks, those of one pack together and ascending; packs in the order of first use. */
function sortedBlocks(blocks: readonly PlannedBlock[]): number[] {
  const packs = new Map<IndexedPack, number[]>()
  blocks.forEach(({ pack }, number) => {
    const known = packs.get(pack)
    if (known === undefined) packs.set(pack, [number])
    else known.push(number)
  })
  return [...packs.values()].flatMap((numbers) => numbers.sort((a, b) => blocks[a]!.block.number - blocks[b]!.block.number))
}
