// A pack in the making: seals blocks into one piece of memory, proves each by opening what lies there, and ends with directory,
// padding and footer. The memory goes round: packs of their own pieces left the heap of each thread full of holes.
// One writer makes one pack; the pack's keys live as long as the writer. SPEC §6.1 to §6.3.

import { asBuffer, u96 } from '../../../format/bytes.ts'
import { blockAd, directoryAd, footerAd } from '../../../format/derivations.ts'
import {
  type DirectoryBlock,
  type DirectoryChunk,
  encodeDirectory,
  encodeFooter,
  PACK_FOOTER_BYTES,
  type PackKind,
} from '../../../format/pack.ts'
import { padme } from '../../../format/padme.ts'
import { discard } from '../../runtime/discard.ts'
import { randomBytes } from '../../runtime/random.ts'
import { seal } from '../crypto/aead.ts'
import { sealVerifiedFrame } from '../crypto/frame-codec.ts'
import { sha256 } from '../crypto/hash.ts'
import { sealPackKeys } from '../crypto/pack-keys.ts'
import type { EncapsulationKey } from '../crypto/x-wing.ts'

/** How large packs are, in bytes. */
export interface PackSizes {
  /** From here on a pack ends as soon as its padding would be small. */
  readonly softBytes: number
  /** From here on it ends at once. */
  readonly hardBytes: number
  readonly maxChunks: number
}

export const PACK_SIZES: PackSizes = { softBytes: 8 << 20, hardBytes: 13 << 20, maxChunks: 65_536 }

/** Memory that holds nearly every pack: the last block comes on top of `hardBytes`, and the directory. Pages that are not used cost nothing. */
export const PACK_MEMORY_BYTES = 24 << 20

/** A padding of less than this share of the pack is small. */
const SMALL_PADDING = 1 / 256
const DIRECTORY_BYTES_PER_CHUNK = 37

/** Who seals: the repository, its newest sealing key, and the compression level. */
export interface Sealer {
  readonly repository: Uint8Array
  readonly epoch: number
  readonly sealing: EncapsulationKey
  readonly level: number
}

/** A finished pack: its name, its bytes, and what its directory says. */
export interface FinishedPack {
  readonly id: Buffer
  readonly kind: PackKind
  readonly bytes: Uint8Array
  readonly packBytes: number
  readonly blocks: readonly DirectoryBlock[]
}

export class PackWriter {
  readonly #kind: PackKind
  readonly #sealer: Sealer
  readonly #keys: ReturnType<typeof sealPackKeys>
  #memory: Uint8Array
  readonly #blocks: DirectoryBlock[] = []
  #length = 0
  #chunkCount = 0

  /** The pack is made in `memory`, or in other memory of the same kind when it does not fit. */
  constructor(kind: PackKind, sealer: Sealer, memory: Uint8Array) {
    this.#kind = kind
    this.#sealer = sealer
    this.#memory = memory
    this.#keys = sealPackKeys(sealer.sealing, sealer.epoch, sealer.repository, kind)
    this.#append(this.#keys.header)
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0
  }

  /** Whether the pack should be finished now: it is large enough and its padding small, or it is as large as it may be. */
  get isFull(): boolean {
    const totalBytes = this.#length + this.#chunkCount * DIRECTORY_BYTES_PER_CHUNK + PACK_FOOTER_BYTES
    if (totalBytes >= PACK_SIZES.hardBytes || this.#chunkCount >= PACK_SIZES.maxChunks) return true
    return totalBytes >= PACK_SIZES.softBytes && padme(totalBytes) - totalBytes < totalBytes * SMALL_PADDING
  }

  /**
   * Seals a block of chunks and proves that it opens to the same bytes (SPEC §9.2.3). `raw` is their bytes, joined.
   * @throws {IntegrityError} when what was sealed does not open to what was given.
   */
  addBlock(raw: Buffer, chunks: readonly DirectoryChunk[], codec: 'zstd' | 'stored'): void {
    const number = this.#blocks.length
    const { repository, level } = this.#sealer
    const keep = (part: Buffer): Buffer => this.#append(part)
    const ad = blockAd(repository, this.#kind, number)
    const { sealedBytes } = sealVerifiedFrame(this.#keys.blockKey, u96(number), ad, raw, { codec, level, keep })
    this.#blocks.push({ sealedBytes, rawBytes: raw.length, chunks })
    this.#chunkCount += chunks.length
  }

  /** Ends the pack: directory, padding to a Padmé size, footer, name. The writer is not used again. */
  finish(): FinishedPack {
    const { repository, level } = this.#sealer
    const directoryOffset = this.#length
    const ad = directoryAd(repository, this.#kind)
    const directory = encodeDirectory(this.#blocks)
    const keep = (part: Buffer): Buffer => this.#append(part)
    const { sealedBytes } = sealVerifiedFrame(this.#keys.directoryKey, u96(0), ad, directory, { codec: 'zstd', level, keep })
    this.#pad()
    const footer = encodeFooter({ directoryOffset, directoryBytes: sealedBytes })
    for (const part of seal(this.#keys.directoryKey, u96(1), footerAd(repository, this.#kind), footer)) this.#append(part)
    const bytes = this.#memory.subarray(0, this.#length)
    return { id: sha256(bytes), kind: this.#kind, bytes, packBytes: this.#length, blocks: this.#blocks }
  }

  #pad(): void {
    const totalBytes = this.#length + PACK_FOOTER_BYTES
    const paddingBytes = padme(totalBytes) - totalBytes
    this.#append(randomBytes(paddingBytes))
  }

  /** Copies bytes to the end of the pack, and gives their own memory back; returns the copy. */
  #append(bytes: Buffer): Buffer {
    const end = this.#length + bytes.length
    if (end > this.#memory.length) this.#memory = larger(this.#memory, end)
    this.#memory.set(bytes, this.#length)
    const copy = asBuffer(this.#memory.subarray(this.#length, end))
    this.#length = end
    discard(bytes)
    return copy
  }
}

function larger(memory: Uint8Array, bytes: number): Uint8Array {
  const size = Math.max(2 * memory.length, bytes)
  const grown = memory.buffer instanceof SharedArrayBuffer ? new Uint8Array(new SharedArrayBuffer(size)) : new Uint8Array(size)
  grown.set(memory)
  return grown
}
