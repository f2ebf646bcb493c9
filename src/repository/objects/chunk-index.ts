// Where chunks are, as the index segments say: a compact table of short ids in typed arrays, 36 to 52 bytes a chunk.
// A hint and nothing more: whoever reads a chunk recomputes its id, and tries the next place when it does not match. SPEC §6.4.

import { type SegmentBody, type SegmentPack, SHORT_ID_BYTES } from '../../../format/index-segment.ts'
import { PACK_HEADER_BYTES, type PackKind } from '../../../format/pack.ts'

/** A pack that a segment announces. Sizes in bytes. */
export interface IndexedPack {
  readonly id: Uint8Array
  readonly kind: PackKind
  readonly packBytes: number
  readonly blocks: readonly IndexedBlock[]
  /** Its chunks in the index, by number. */
  readonly firstChunk: number
  readonly chunkCount: number
}

/** A sealed block of a pack: its number (the nonce), offset and sizes in bytes. */
export interface IndexedBlock {
  readonly number: number
  readonly offset: number
  readonly sealedBytes: number
  readonly rawBytes: number
  /** The first of its chunks in the index, by number. */
  readonly firstChunk: number
}

/** One place of a chunk: `offset` and `length` in bytes within the block's raw bytes. */
export interface ChunkPlace {
  readonly pack: IndexedPack
  readonly block: IndexedBlock
  readonly offset: number
  readonly length: number
}

const SPARE = 1.5

/** Places by short id. Not shared between threads; grows as segments are added. */
export class ChunkIndex {
  readonly packs: IndexedPack[] = []
  readonly #blocks: { pack: IndexedPack; block: IndexedBlock }[] = []
  readonly #known = new Set<string>()
  #count = 0
  #shortIds = new Uint8Array(0)
  #lengths = new Uint32Array(0)
  #offsets = new Uint32Array(0)
  #blockOf = new Uint32Array(0)
  #slots = new Uint32Array(16)

  get chunkCount(): number {
    return this.#count
  }

  /** Adds all packs of a segment that are not known yet. */
  add(segment: SegmentBody): void {
    for (const pack of segment.packs) {
      const key = Buffer.from(pack.id).toString('latin1') + pack.kind
      if (this.#known.has(key)) continue
      this.#known.add(key)
      this.#addPack(pack)
    }
  }

  /** All places of an id, or of a short id; empty when no segment knows it. */
  find(id: Uint8Array): ChunkPlace[] {
    const places: ChunkPlace[] = []
    const mask = this.#slots.length - 1
    for (let slot = wordAt(id, 0) & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const chunk = this.#slots[slot]! - 1
      if (this.#matches(chunk, id)) places.push(this.#place(chunk))
    }
    return places
  }

  has(id: Uint8Array): boolean {
    return this.find(id).length > 0
  }

  /** What the index says of a pack, as a segment says it; the columns are views. */
  segmentPackOf(pack: IndexedPack): SegmentPack {
    const { id, kind, packBytes, firstChunk, chunkCount } = pack
    const lengths = this.#lengths.subarray(firstChunk, firstChunk + chunkCount)
    const shortIds = this.#shortIds.subarray(SHORT_ID_BYTES * firstChunk, SHORT_ID_BYTES * (firstChunk + chunkCount))
    let from = firstChunk
    const blocks = pack.blocks.map(({ sealedBytes, rawBytes, number }) => {
      const to = pack.blocks[number + 1]?.firstChunk ?? firstChunk + chunkCount
      const block = { sealedBytes, rawBytes, chunkCount: to - from }
      from = to
      return block
    })
    return { id, kind, packBytes, blocks, lengths, shortIds }
  }

  #addPack(pack: SegmentPack): void {
    const chunkCount = pack.lengths.length
    this.#reserve(this.#count + chunkCount)
    const blocks: IndexedBlock[] = []
    const indexed: IndexedPack = { id: pack.id, kind: pack.kind, packBytes: pack.packBytes, blocks, firstChunk: this.#count, chunkCount }
    this.packs.push(indexed)
    this.#shortIds.set(pack.shortIds, SHORT_ID_BYTES * this.#count)
    let offset = PACK_HEADER_BYTES
    let from = 0
    for (const [number, { sealedBytes, rawBytes, chunkCount: count }] of pack.blocks.entries()) {
      const block = { number, offset, sealedBytes, rawBytes, firstChunk: this.#count }
      blocks.push(block)
      this.#blocks.push({ pack: indexed, block })
      this.#addChunks(pack.lengths.subarray(from, from + count))
      offset += sealedBytes
      from += count
    }
  }

  #addChunks(lengths: Uint32Array): void {
    let offset = 0
    for (const length of lengths) {
      const chunk = this.#count++
      this.#lengths[chunk] = length
      this.#offsets[chunk] = offset
      this.#blockOf[chunk] = this.#blocks.length - 1
      this.#insert(chunk)
      offset += length
    }
  }

  #insert(chunk: number): void {
    const mask = this.#slots.length - 1
    let slot = wordAt(this.#shortIds, SHORT_ID_BYTES * chunk) & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = chunk + 1
  }

  #reserve(chunkCount: number): void {
    if (chunkCount > this.#lengths.length) {
      const capacity = Math.ceil(chunkCount * SPARE)
      this.#shortIds = grown(this.#shortIds, new Uint8Array(SHORT_ID_BYTES * capacity))
      this.#lengths = grown(this.#lengths, new Uint32Array(capacity))
      this.#offsets = grown(this.#offsets, new Uint32Array(capacity))
      this.#blockOf = grown(this.#blockOf, new Uint32Array(capacity))
    }
    if (chunkCount * SPARE <= this.#slots.length) return
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(chunkCount * 2)))
    for (let chunk = 0; chunk < this.#count; chunk++) this.#insert(chunk)
  }

  #matches(chunk: number, id: Uint8Array): boolean {
    const from = SHORT_ID_BYTES * chunk
    for (let at = 0; at < SHORT_ID_BYTES; at++) if (this.#shortIds[from + at] !== id[at]) return false
    return true
  }

  #place(chunk: number): ChunkPlace {
    const { pack, block } = this.#blocks[this.#blockOf[chunk]!]!
    return { pack, block, offset: this.#offsets[chunk]!, length: this.#lengths[chunk]! }
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

function grown<T extends Uint8Array | Uint32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
