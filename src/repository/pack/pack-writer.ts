// A pack in the making: seals blocks, proves each by opening it again, and ends with directory, padding and footer. The sealed
// parts are never copied: they go to the store as they are.
// One writer makes one pack; the pack's keys live as long as the writer. SPEC §6.1 to §6.3.

import { u96 } from '../../../format/bytes.ts'
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

/** A finished pack: its name, its bytes in parts, and what its directory says. */
export interface FinishedPack {
  readonly id: Buffer
  readonly kind: PackKind
  readonly parts: readonly Buffer[]
  readonly packBytes: number
  readonly blocks: readonly DirectoryBlock[]
}

export class PackWriter {
  readonly #kind: PackKind
  readonly #sealer: Sealer
  readonly #keys: ReturnType<typeof sealPackKeys>
  readonly #parts: Buffer[] = []
  readonly #blocks: DirectoryBlock[] = []
  #length = 0
  #chunkCount = 0

  constructor(kind: PackKind, sealer: Sealer) {
    this.#kind = kind
    this.#sealer = sealer
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
    const { parts, sealedBytes } = sealVerifiedFrame(this.#keys.blockKey, u96(number), blockAd(repository, this.#kind, number), raw, {
      codec,
      level,
    })
    for (const part of parts) this.#append(part)
    this.#blocks.push({ sealedBytes, rawBytes: raw.length, chunks })
    this.#chunkCount += chunks.length
  }

  /** Ends the pack: directory, padding to a Padmé size, footer, name. The writer is not used again. */
  finish(): FinishedPack {
    const { repository, level } = this.#sealer
    const directoryOffset = this.#length
    const ad = directoryAd(repository, this.#kind)
    const directory = encodeDirectory(this.#blocks)
    const { parts, sealedBytes } = sealVerifiedFrame(this.#keys.directoryKey, u96(0), ad, directory, { codec: 'zstd', level })
    for (const part of parts) this.#append(part)
    this.#pad()
    const footer = encodeFooter({ directoryOffset, directoryBytes: sealedBytes })
    for (const part of seal(this.#keys.directoryKey, u96(1), footerAd(repository, this.#kind), footer)) this.#append(part)
    return { id: sha256(...this.#parts), kind: this.#kind, parts: this.#parts, packBytes: this.#length, blocks: this.#blocks }
  }

  #pad(): void {
    const totalBytes = this.#length + PACK_FOOTER_BYTES
    const paddingBytes = padme(totalBytes) - totalBytes
    this.#append(randomBytes(paddingBytes))
  }

  #append(bytes: Buffer): void {
    this.#parts.push(bytes)
    this.#length += bytes.length
  }
}
