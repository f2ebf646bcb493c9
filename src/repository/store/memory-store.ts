import { assertPermit, type Permit } from '../../runtime/permit.ts'
import {
  assertStoreKey,
  assertStorePrefix,
  type GetOptions,
  type ListedObject,
  memoryFor,
  type ObjectStore,
  regionOf,
  type StorePrefix,
  throwClosed,
} from './object-store.ts'

/** A store in this process's memory, for tests and rehearsals: durable as long as the process. */
export class MemoryStore implements ObjectStore {
  readonly location: string
  readonly #objects = new Map<string, Buffer>()
  #closed = false

  constructor(location = 'memory') {
    this.location = location
  }

  async put(key: string, bytes: Uint8Array | readonly Uint8Array[]): Promise<'created' | 'exists'> {
    this.#check(key)
    if (this.#objects.has(key)) {
      return 'exists'
    }
    this.#objects.set(key, Buffer.concat(bytes instanceof Uint8Array ? [bytes] : bytes))
    return 'created'
  }

  async get(key: string, options: GetOptions): Promise<Buffer | undefined> {
    this.#check(key)
    const object = this.#objects.get(key)
    if (object === undefined) {
      return undefined
    }
    const { offset, length } = regionOf(key, object.length, options)
    const bytes = memoryFor(length, options)
    if (length > 0) object.copy(bytes, 0, offset, offset + length)
    return bytes
  }

  async size(key: string): Promise<number | undefined> {
    this.#check(key)
    return this.#objects.get(key)?.length
  }

  async *list(prefix: StorePrefix, options: { readonly after?: string } = {}): AsyncIterable<ListedObject> {
    assertStorePrefix(prefix, options.after)
    if (this.#closed) {
      throwClosed(this.location)
    }
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix) && key > (options.after ?? '')).sort()
    for (const key of keys) {
      const object = this.#objects.get(key)
      if (object !== undefined) {
        yield { key, bytes: object.length }
      }
    }
  }

  async remove(key: string, permit: Permit): Promise<boolean> {
    this.#check(key)
    assertPermit(permit, key)
    return this.#objects.delete(key)
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #check(key: string): void {
    assertStoreKey(key)
    if (this.#closed) {
      throwClosed(this.location)
    }
  }
}
