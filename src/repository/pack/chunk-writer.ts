// Turns chunks into packs: names each, stores only what nobody claimed, gathers solid blocks, and hands out finished packs.
// One writer belongs to one thread; the claims are shared. SPEC §6.1.

import type { ChunkKind, PackKind } from '../../../format/pack.ts'
import { isIncompressible } from '../chunk/probe.ts'
import type { ChunkIdentity } from '../crypto/chunk-id.ts'
import { BlockBuilder } from './block-builder.ts'
import type { ClaimSet } from './claims.ts'
import { type FinishedPack, PackWriter, type Sealer } from './pack-writer.ts'

/** Sizes in bytes: when a block is full, and how much may be read beyond that before it is cut. */
export interface BlockSizes {
  readonly blockBytes: number
  readonly roomBytes: number
}

export interface ChunkWriterOptions {
  readonly kind: PackKind
  readonly sealer: Sealer
  readonly identity: ChunkIdentity
  readonly claims: ClaimSet
  readonly blocks: BlockSizes
  /** Memory of PACK_MEMORY_BYTES for the next pack. */
  readonly memory: () => Uint8Array
  readonly emit: (pack: FinishedPack) => void
}

export class ChunkWriter {
  newChunks = 0
  /** Raw bytes of the chunks that were not stored before. */
  newBytes = 0
  readonly #options: ChunkWriterOptions
  /** The block in the making, to read into its room. */
  readonly builder: BlockBuilder
  #pack: PackWriter | undefined

  constructor(options: ChunkWriterOptions) {
    this.#options = options
    this.builder = new BlockBuilder(options.blocks.blockBytes, options.blocks.roomBytes)
  }

  /** Stores a chunk that lies elsewhere in memory, unless it is known; returns its id. */
  put(kind: ChunkKind, bytes: Uint8Array): Buffer {
    const id = this.#options.identity.id(kind, bytes)
    if (this.#claim(id, bytes.length)) {
      this.builder.add({ kind, length: bytes.length, id }, bytes)
      if (this.builder.isFull) this.#seal()
    }
    return id
  }

  /** Stores the first `length` pending bytes of the builder in place, unless they are known; returns their id. */
  take(kind: ChunkKind, length: number): Buffer {
    const { builder } = this
    const id = this.#options.identity.id(kind, builder.pending().subarray(0, length))
    if (!this.#claim(id, length)) {
      builder.drop(length)
      return id
    }
    builder.keep({ kind, length, id })
    if (builder.isFull) this.#seal()
    return id
  }

  /** Seals all that is open, and hands out the last pack. The writer may be used again. */
  finish(): void {
    if (!this.builder.isEmpty) this.#seal()
    this.#finishPack()
  }

  #claim(id: Uint8Array, length: number): boolean {
    if (!this.#options.claims.claim(id)) return false
    this.newChunks++
    this.newBytes += length
    return true
  }

  #seal(): void {
    this.#pack ??= new PackWriter(this.#options.kind, this.#options.sealer, this.#options.memory())
    const { raw, chunks } = this.builder.block()
    this.#pack.addBlock(raw, chunks, isIncompressible(raw) ? 'stored' : 'zstd')
    this.builder.reset()
    if (this.#pack.isFull) this.#finishPack()
  }

  #finishPack(): void {
    if (this.#pack === undefined) return
    const pack = this.#pack.finish()
    this.#pack = undefined
    this.#options.emit(pack)
  }
}
