// A set of chunks by the place where each is stored, with what they take: raw, and their share of the blocks that hold them.

import type { ChunkIndex, IndexedBlock } from '../../repository/objects/chunk-index.ts'

export class ChunkSet {
  /** Bytes of the distinct chunks. */
  rawBytes = 0
  /** Their share of the sealed blocks: compressed together with their neighbours, so it is a share and no measure. */
  storedBytes = 0
  chunks = 0
  /** Chunks that no index segment knows. */
  missing = 0
  readonly #index: ChunkIndex
  readonly #known = new Map<IndexedBlock, Set<number>>()
  readonly #lists = new Set<string>()

  constructor(index: ChunkIndex) {
    this.#index = index
  }

  /** Notes a list of chunks; whether it is new, so that what it names has to be added. */
  addList(id: Uint8Array): boolean {
    const before = this.#lists.size
    return this.#lists.add(Buffer.from(id).toString('latin1')).size > before
  }

  /** Adds a chunk, which counts once. */
  add(id: Uint8Array): void {
    const place = this.#index.find(id)[0]
    if (place === undefined) {
      this.missing++
      return
    }
    const offsets = this.#known.get(place.block) ?? new Set()
    if (offsets.size === 0) this.#known.set(place.block, offsets)
    if (offsets.has(place.offset)) return
    offsets.add(place.offset)
    this.chunks++
    this.rawBytes += place.length
    this.storedBytes += (place.length * place.block.sealedBytes) / place.block.rawBytes
  }
}
