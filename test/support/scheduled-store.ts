// A store whose operations happen one at a time, in an order that fast-check chooses: every interleaving of several clients is a value
// that a failing test prints, and that its seed replays.

import type { fc } from '@fast-check/vitest'
import type { GetOptions, ListedObject, ObjectStore, StorePrefix } from '../../src/repository/store/object-store.ts'
import type { Permit } from '../../src/runtime/permit.ts'

/** One client's view of a store that it shares with others. */
export class ScheduledStore implements ObjectStore {
  readonly location: string
  readonly #inner: ObjectStore
  readonly #scheduler: fc.Scheduler
  readonly #client: string

  constructor(inner: ObjectStore, scheduler: fc.Scheduler, client: string) {
    this.#inner = inner
    this.#scheduler = scheduler
    this.#client = client
    this.location = inner.location
  }

  async put(key: string, bytes: Uint8Array | readonly Uint8Array[]): Promise<'created' | 'exists'> {
    await this.#turn('put', key)
    return this.#inner.put(key, bytes)
  }

  async get(key: string, options: GetOptions): Promise<Buffer | undefined> {
    await this.#turn('get', key)
    return this.#inner.get(key, options)
  }

  async size(key: string): Promise<number | undefined> {
    await this.#turn('size', key)
    return this.#inner.size(key)
  }

  async *list(prefix: StorePrefix, options?: { readonly after?: string }): AsyncIterable<ListedObject> {
    await this.#turn('list', prefix)
    yield* this.#inner.list(prefix, options)
  }

  async remove(key: string, permit: Permit): Promise<boolean> {
    await this.#turn('remove', key)
    return this.#inner.remove(key, permit)
  }

  /** The other clients still use the store behind it. */
  async close(): Promise<void> {}

  #turn(method: string, key: string): Promise<unknown> {
    return this.#scheduler.schedule(Promise.resolve(), `${this.#client}: ${method} ${key.slice(0, 24)}`)
  }
}
