import { PACK_HEADER_BYTES } from '../../../format/pack.ts'
import { packKey } from '../../../format/store-key.ts'
import type { IndexedPack } from '../../repository/objects/chunk-index.ts'
import type { Repository } from '../../repository/repository.ts'
import { isDamage, isLost } from './damage.ts'
import { FETCH_BYTES, type Fetch } from './fetch-plan.ts'
import type { BlocksJob } from './messages.ts'

/** Reads runs of blocks from the store, each with the key of its pack: threads hold no read key and no store. */
export class Fetcher {
  readonly #repository: Repository
  readonly #keepGoing: boolean
  /** Memory of reads that are done. */
  readonly #free: SharedArrayBuffer[] = []
  /** Runs of one pack come one after the other. */
  #last: { readonly pack: IndexedPack; readonly key: Promise<Buffer | undefined> } | undefined

  constructor(repository: Repository, keepGoing: boolean) {
    this.#repository = repository
    this.#keepGoing = keepGoing
  }

  /**
   * The job of one fetch. Bytes that are missing or not those of the pack are noticed by whoever opens the blocks.
   * @throws {StoreError} when the store fails; where the restore is to keep going, a read error of one pack counts as damage
   */
  async fetch({ pack, offset, length, first, end }: Fetch): Promise<BlocksJob> {
    const bytes = await this.#read(pack, offset, length, this.#memory(length))
    const blockKey = await this.#blockKey(pack, offset === 0 ? bytes : undefined)
    return { kind: 'blocks', bytes, offset, blockKey, first, end }
  }

  /** Takes back the memory of a job that was done: it is shared with the threads, and a few pieces of it serve the whole restore. */
  release({ bytes }: BlocksJob): void {
    if (bytes.buffer instanceof SharedArrayBuffer) this.#free.push(bytes.buffer)
  }

  #memory(length: number): Uint8Array {
    const known = this.#free.pop()
    return new Uint8Array(known !== undefined && known.byteLength >= length ? known : new SharedArrayBuffer(Math.max(length, FETCH_BYTES)))
  }

  #blockKey(pack: IndexedPack, header: Buffer | undefined): Promise<Buffer | undefined> {
    if (this.#last?.pack !== pack) this.#last = { pack, key: this.#openHeader(pack, header) }
    return this.#last.key
  }

  async #openHeader(pack: IndexedPack, known: Buffer | undefined): Promise<Buffer | undefined> {
    const header = known?.subarray(0, PACK_HEADER_BYTES) ?? (await this.#read(pack, 0, PACK_HEADER_BYTES))
    try {
      return this.#repository.packs.openHeader(header, pack.kind).blockKey
    } catch (error) {
      // The chunks are looked for elsewhere, one by one.
      if (isDamage(error)) return undefined
      throw error
    }
  }

  async #read(pack: IndexedPack, offset: number, length: number, into?: Uint8Array): Promise<Buffer> {
    try {
      const bytes = await this.#repository.store.get(packKey(pack.kind, pack.id), {
        maxBytes: length,
        range: { offset, length },
        ...(into && { into }),
      })
      return bytes ?? Buffer.alloc(0)
    } catch (error) {
      if (isLost(error, this.#keepGoing)) return Buffer.alloc(0)
      throw error
    }
  }
}
