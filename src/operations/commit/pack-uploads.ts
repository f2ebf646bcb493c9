// Brings finished packs to the store, and announces them in index segments every few packs, so that an interrupted commit's work
// is found by the next. The main thread runs this; it alone talks to the store. SPEC §3.2.

import type { SegmentPack } from '../../../format/index-segment.ts'
import { packKey } from '../../../format/store-key.ts'
import type { ObjectStore } from '../../repository/store/object-store.ts'
import type { PackEvent } from './messages.ts'

const PACKS_PER_SEGMENT = 16

export class PackUploads {
  storedBytes = 0
  packCount = 0
  readonly #store: ObjectStore
  readonly #writeSegment: (packs: readonly SegmentPack[]) => Promise<number>
  readonly #running = new Set<Promise<void>>()
  #unannounced: SegmentPack[] = []
  #failure: { error: unknown } | undefined

  constructor(store: ObjectStore, writeSegment: (packs: readonly SegmentPack[]) => Promise<number>) {
    this.#store = store
    this.#writeSegment = writeSegment
  }

  /** Starts to store a pack; `giveBack` gets its buffer when it is stored. */
  add(pack: PackEvent, giveBack: (buffer: ArrayBuffer) => void): void {
    const upload = this.#upload(pack)
      .then(() => giveBack(pack.buffer))
      .catch((error: unknown) => {
        this.#failure ??= { error }
        giveBack(pack.buffer) // the thread must not wait for ever; the commit ends with the failure
      })
      .finally(() => this.#running.delete(upload))
    this.#running.add(upload)
  }

  /** @throws what the first upload that failed threw. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Waits for all uploads and announces what is not yet announced. @throws what the first upload that failed threw. */
  async finish(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
    await this.#announce()
    this.throwIfFailed()
  }

  async #upload(pack: PackEvent): Promise<void> {
    await this.#store.put(packKey(pack.kind, pack.id), Buffer.from(pack.buffer, 0, pack.packBytes))
    const { id, kind, packBytes, blocks, lengths, shortIds } = pack
    this.storedBytes += packBytes
    this.packCount++
    this.#unannounced.push({ id, kind, packBytes, blocks, lengths, shortIds })
    if (this.#unannounced.length >= PACKS_PER_SEGMENT) await this.#announce()
  }

  async #announce(): Promise<void> {
    if (this.#unannounced.length === 0) return
    const packs = this.#unannounced
    this.#unannounced = []
    this.storedBytes += await this.#writeSegment(packs)
  }
}
