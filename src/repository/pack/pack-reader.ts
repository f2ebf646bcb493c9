// Opens what a pack holds: its header once, then any block by its number, each proven by the key, the number and the ids. SPEC §9.3.

import { equalBytes, toHex, u96 } from '../../../format/bytes.ts'
import { blockAd, directoryAd, footerAd } from '../../../format/derivations.ts'
import { LIMITS } from '../../../format/limits.ts'
import {
  type ChunkKind,
  type DirectoryBlock,
  decodeDirectory,
  decodeFooter,
  PACK_FOOTER_BYTES,
  PACK_HEADER_BYTES,
  type PackKind,
} from '../../../format/pack.ts'
import { IntegrityError } from '../../errors.ts'
import { open } from '../crypto/aead.ts'
import type { ChunkIdentity } from '../crypto/chunk-id.ts'
import { openFrame } from '../crypto/frame-codec.ts'
import type { ReadKeys } from '../crypto/keyset.ts'
import { openPackKeys } from '../crypto/pack-keys.ts'

/** The keys of one pack, from its header. */
export interface PackKeys {
  readonly kind: PackKind
  readonly blockKey: Buffer
  readonly directoryKey: Buffer
}

export class PackReader {
  readonly #repository: Uint8Array
  readonly #readKeys: ReadKeys
  readonly #identity: ChunkIdentity

  constructor(options: { repository: Uint8Array; readKeys: ReadKeys; identity: ChunkIdentity }) {
    this.#repository = options.repository
    this.#readKeys = options.readKeys
    this.#identity = options.identity
  }

  /** Opens a header (the first PACK_HEADER_BYTES of a pack) that must be of this repository and kind. */
  openHeader(header: Buffer, kind: PackKind): PackKeys {
    const keys = openPackKeys(header.subarray(0, PACK_HEADER_BYTES), this.#readKeys, { repository: this.#repository, kind })
    return { kind, blockKey: keys.blockKey, directoryKey: keys.directoryKey }
  }

  /**
   * Opens block `number` from its sealed bytes.
   * @throws {IntegrityError} when it is not that block of that pack.
   */
  openBlock(keys: PackKeys, number: number, sealed: Uint8Array): Buffer {
    return openFrame(keys.blockKey, u96(number), blockAd(this.#repository, keys.kind, number), sealed, LIMITS.blockRawBytes)
  }

  /**
   * Takes a chunk from an opened block and proves that it is the one wanted.
   * @throws {IntegrityError} when the bytes there are another chunk.
   */
  takeChunk(raw: Buffer, offset: number, length: number, kind: ChunkKind, id: Uint8Array): Buffer {
    const chunk = raw.subarray(offset, offset + length)
    if (chunk.length !== length || !equalBytes(this.#identity.id(kind, chunk), id)) {
      throw new IntegrityError('chunk-id', `The bytes found for chunk ${toHex(id)} are not that chunk.`, { fields: { chunk: toHex(id) } })
    }
    return chunk
  }

  /** Where the directory lies, from the last PACK_FOOTER_BYTES of a pack. Offsets and sizes in bytes. */
  openFooter(keys: PackKeys, footer: Uint8Array): { directoryOffset: number; directoryBytes: number } {
    return decodeFooter(open(keys.directoryKey, u96(1), footerAd(this.#repository, keys.kind), footer))
  }

  /** The directory of a pack from its sealed bytes; `directoryOffset` must agree with the blocks. */
  openDirectory(keys: PackKeys, sealed: Uint8Array, directoryOffset: number): DirectoryBlock[] {
    const ad = directoryAd(this.#repository, keys.kind)
    const blocks = decodeDirectory(openFrame(keys.directoryKey, u96(0), ad, sealed, LIMITS.directoryRawBytes), { packKind: keys.kind })
    const sealedBytes = blocks.reduce((sum, block) => sum + block.sealedBytes, 0)
    if (PACK_HEADER_BYTES + sealedBytes !== directoryOffset) {
      throw new IntegrityError('directory-offset', 'The blocks of a pack do not end where its directory begins.')
    }
    return blocks
  }

  /** The directory of a whole pack in memory, whose keys were opened before. */
  readDirectory(bytes: Buffer, keys: PackKeys): DirectoryBlock[] {
    const { directoryOffset, directoryBytes } = this.openFooter(keys, bytes.subarray(bytes.length - PACK_FOOTER_BYTES))
    return this.openDirectory(keys, bytes.subarray(directoryOffset, directoryOffset + directoryBytes), directoryOffset)
  }
}
