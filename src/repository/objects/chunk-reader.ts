// Reads chunks one at a time: every place that the index knows, then the directories of all packs; each proven by its id. SPEC §9.3.
// Opened blocks are kept for a while, since neighbours are read together. Bulk readers (restore, verify) go block by block instead.

import { toHex } from '../../../format/bytes.ts'
import { type ChunkKind, PACK_HEADER_BYTES, type PackKind } from '../../../format/pack.ts'
import { packKey } from '../../../format/store-key.ts'
import { IntegrityError } from '../../errors.ts'
import { turn } from '../../runtime/turn.ts'
import type { PackKeys, PackReader } from '../pack/pack-reader.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { ChunkIndex, ChunkPlace, IndexedBlock, IndexedPack } from './chunk-index.ts'
import { DAMAGE_HINT, damageAt, isDamage } from './damage.ts'
import { RecentCache } from './recent-cache.ts'

const CACHED_BLOCK_BYTES = 24 << 20
const CACHED_HEADERS = 4096

export interface ChunkReaderOptions {
  readonly store: ObjectStore
  readonly packs: PackReader
  /** The index, loaded on first use. */
  readonly index: () => Promise<ChunkIndex>
  /** The index as the packs' own directories tell it, for what no segment knows. */
  readonly rebuiltIndex: () => Promise<ChunkIndex>
}

export class ChunkReader {
  readonly #options: ChunkReaderOptions
  readonly #headers = new RecentCache<PackKeys>(CACHED_HEADERS)
  readonly #blocks = new RecentCache<Buffer>(CACHED_BLOCK_BYTES)

  constructor(options: ChunkReaderOptions) {
    this.#options = options
  }

  /**
   * Reads and proves one chunk; `length` in bytes, undefined for a list chunk, whose length no item tells.
   * @throws {IntegrityError} when places exist but none holds the chunk, `chunk` when no place is known; {StoreError} when the store
   * fails. SPEC §9.3
   */
  async read(kind: ChunkKind, id: Uint8Array, length: number | undefined): Promise<Buffer> {
    await turn() // what walks trees and lists comes by here, and may find all of them in memory
    const failures: Error[] = []
    for (const index of [this.#options.index, this.#options.rebuiltIndex]) {
      const places = (await index()).find(id)
      for (const place of places) {
        try {
          return await this.#readPlace(place, kind, id, length)
        } catch (error) {
          if (!isDamage(error)) throw error
          failures.push(inPack(error, place)) // another place may hold it: a bad segment or pack must not hide a good one
        }
      }
    }
    throw unreadable(id, failures)
  }

  /** The keys of a pack, from its header. */
  async packKeys(pack: IndexedPack): Promise<PackKeys> {
    const name = toHex(pack.id)
    const known = this.#headers.get(name)
    if (known !== undefined) return known
    const header = await this.#bytes(packKey(pack.kind, pack.id), 0, PACK_HEADER_BYTES)
    const keys = this.#options.packs.openHeader(header, pack.kind)
    this.#headers.set(name, keys, 1)
    return keys
  }

  async #readPlace(place: ChunkPlace, kind: ChunkKind, id: Uint8Array, length: number | undefined): Promise<Buffer> {
    if ((length !== undefined && place.length !== length) || place.pack.kind !== packKindOf(kind)) {
      throw new IntegrityError('chunk-length', `The index gives chunk ${toHex(id)} another length or kind than the stream that names it.`)
    }
    const raw = await this.#block(place.pack, place.block)
    return this.#options.packs.takeChunk(raw, place.offset, place.length, kind, id)
  }

  async #block(pack: IndexedPack, block: IndexedBlock): Promise<Buffer> {
    const name = `${toHex(pack.id)}:${block.number}`
    const known = this.#blocks.get(name)
    if (known !== undefined) return known
    const keys = await this.packKeys(pack)
    const sealed = await this.#bytes(packKey(pack.kind, pack.id), block.offset, block.sealedBytes)
    const raw = this.#options.packs.openBlock(keys, block.number, sealed)
    this.#blocks.set(name, raw, raw.length)
    return raw
  }

  async #bytes(key: string, offset: number, length: number): Promise<Buffer> {
    const bytes = await this.#options.store.get(key, { maxBytes: length, range: { offset, length } })
    if (bytes === undefined) throw new IntegrityError('pack', `The pack ${key} is missing from the store.`, { fields: { object: key } })
    if (bytes.length < length)
      throw new IntegrityError('pack-truncated', `The pack ${key} is shorter than its index says.`, { fields: { object: key } })
    return bytes
  }
}

/** Data chunks lie in data packs; trees and lists in tree packs. */
export function packKindOf(kind: ChunkKind): PackKind {
  return kind === 1 ? 1 : 2
}

function unreadable(id: Uint8Array, failures: readonly Error[]): Error {
  const chunk = toHex(id)
  if (failures.length === 0) {
    return new IntegrityError('chunk', `Chunk ${chunk} is nowhere in the repository.`, {
      hint: DAMAGE_HINT,
      fields: { chunk },
    })
  }
  return failures[0]!
}

function inPack(error: Error, { pack }: ChunkPlace): Error {
  const object = packKey(pack.kind, pack.id)
  return error.message.includes(object) ? damageAt(error, undefined, {}) : damageAt(error, object, { object })
}
