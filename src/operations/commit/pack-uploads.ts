// Brings finished packs to the store, and announces them in index segments every few packs, so that an interrupted commit's work
// is found by the next. The main thread runs this; it alone talks to the store. SPEC §3.2.

import { toHex } from '../../../format/bytes.ts'
import type { SegmentPack } from '../../../format/index-segment.ts'
import { packKey } from '../../../format/store-key.ts'
import type { ObjectStore } from '../../repository/store/object-store.ts'
import { packName } from './held-objects.ts'
import type { PackToStore } from './messages.ts'

const PACKS_PER_SEGMENT = 16

export class PackUploads {
  storedBytes = 0
  /** The packs that were stored, as `packName` tells them. */
  readonly names: string[] = []
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

  /** Starts to store a pack, and calls back when its memory is free, stored or not. */
  add(pack: PackToStore, done: () => void): void {
    const upload = this.#upload(pack)
      .catch((error: unknown) => {
        this.#failure ??= { error } // the thread must not wait for ever; the commit ends with the failure
      })
      .finally(() => {
        this.#running.delete(upload)
        done()
      })
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

  async #upload(pack: PackToStore): Promise<void> {
    const { bytes, ...announced } = pack
    await this.#store.put(packKey(pack.kind, pack.id), bytes)
    this.storedBytes += pack.packBytes
    this.packCount++
    this.names.push(packName(toHex(pack.id), pack.packBytes))
    this.#unannounced.push(announced)
    if (this.#unannounced.length >= PACKS_PER_SEGMENT) await this.#announce()
  }

  async #announce(): Promise<void> {
    if (this.#unannounced.length === 0) return
    const packs = this.#unannounced
    this.#unannounced = []
    this.storedBytes += await this.#writeSegment(packs)
  }
}
