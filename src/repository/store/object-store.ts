// A store keeps objects under keys: bytes in, bytes out, nothing overwritten. It knows the grammar of keys (SPEC §3) and
// nothing of what the bytes mean. Everything above it that needs concurrency builds on one primitive, create-if-absent
// (`put`). SPEC §3.1 says what a medium must promise; test/contract/ holds each implementation to it.

import { isStoreKey, STORE_PREFIXES, type StorePrefix } from '../../../format/store-key.ts'
import { FormatError, StoreError } from '../../errors.ts'
import type { Permit } from '../../runtime/permit.ts'
import type { FileIdentity } from '../../runtime/posix/file-stat.ts'

export type { StorePrefix }

export interface GetOptions {
  /** The most bytes that may come back; an object (or its range) beyond it is refused before it is read. */
  readonly maxBytes: number
  /** Only these bytes. A range that passes the end gives what is there; one beyond the end gives nothing (an empty Buffer). */
  readonly range?: { readonly offset: number; readonly length: number }
  /** Memory for what comes back, when there is room enough in it: the answer is then a view of its beginning. */
  readonly into?: Uint8Array
}

export interface ListedObject {
  readonly key: string
  /** Size in bytes. */
  readonly bytes: number
}

/**
 * Where objects lie. Every method:
 * - refuses a key outside the grammar of SPEC §3;
 * - answers "absent" only when the medium said so: a failed read is an error, never an absence;
 * - can be called any number of times at once, by any number of processes;
 * - cannot be cancelled: it ends by itself, and what it did stands.
 *
 * @throws {FormatError} `store-key` when a key or prefix is outside the grammar.
 * @throws {StoreError} when the medium failed: `store-no-space`, `store-read-only`, `store-access`, `store-io`, `store-gone`,
 *   `store-not-a-file`, `store-no-hard-links`, `store-too-many-files`, `store-closed`.
 */
export interface ObjectStore {
  /** Where it is, for messages: a path or address, never with a secret. */
  readonly location: string

  /** The directory that the store is, where it is one that a walk of this machine's files may come upon. */
  readonly directory?: FileIdentity

  /**
   * Creates an object. SPEC §3.1.
   * Absent: it appears complete, in one step, and is durable on return. Present: nothing changes, the answer is `exists`, and
   * the object that is there is durable. Partial: never visible. Twice: the second call says `exists`, also for equal bytes.
   * Concurrent: of any number of calls for one key exactly one says `created`. After an error or a crash the object is there
   * whole or not at all: whoever must know calls again.
   * The bytes, in one piece or several, must not change until it returns.
   */
  put(key: string, bytes: Uint8Array | readonly Uint8Array[]): Promise<'created' | 'exists'>

  /**
   * Reads an object, or a range of it.
   * Absent: undefined. Partial: never; bytes that end early are a StoreError. Twice: the same bytes. Concurrent with a put: absent or whole.
   * @throws {FormatError} `object-too-large` when more than `maxBytes` would come back.
   */
  get(key: string, options: GetOptions): Promise<Buffer | undefined>

  /** The size of an object in bytes. Absent: undefined. Twice: the same. Concurrent with a put: absent or the whole size. */
  size(key: string): Promise<number | undefined>

  /**
   * Lists the objects below a prefix, ascending by key, each once; only those beyond the key `after`, when it is given.
   * Absent prefix: empty. Names outside the grammar are left out. Concurrent: an object that is put or removed meanwhile may
   * be missing or listed; a listing may be stale, so only `get` decides that something is absent. Leaving the loop early is fine.
   */
  list(prefix: StorePrefix, options?: { readonly after?: string }): AsyncIterable<ListedObject>

  /**
   * Removes an object: the only way to delete. Returns whether it was there; it is gone durably on return.
   * Twice: the second call says false. Concurrent: one call says true. After an error it is there or gone.
   * @throws {AccessError} `no-permit` when the permit does not cover the key.
   */
  remove(key: string, permit: Permit): Promise<boolean>

  /** Frees what the store holds. Twice: fine. Everything else throws `store-closed` afterwards. */
  close(): Promise<void>
}

/** @throws {FormatError} `store-key` when the key is outside the grammar of SPEC §3 (stops `../` and its kin). */
export function assertStoreKey(key: string): void {
  if (!isStoreKey(key)) {
    throw new FormatError('store-key', `${JSON.stringify(key)} is no key of a store.`)
  }
}

/** @throws {FormatError} `store-key` when the prefix is none of SPEC §3, or `after` is no key. */
export function assertStorePrefix(prefix: StorePrefix, after: string | undefined): void {
  if (!STORE_PREFIXES.includes(prefix)) {
    throw new FormatError('store-key', `${JSON.stringify(prefix)} is no prefix of a store.`)
  }
  if (after !== undefined) {
    assertStoreKey(after)
  }
}

/**
 * The region of an object of `size` bytes that a `get` is about.
 * @throws {FormatError} `object-too-large` when it holds more than `maxBytes`; `object-range` when the range is no range.
 */
export function regionOf(key: string, size: number, options: GetOptions): { offset: number; length: number } {
  const { offset, length } = options.range ?? { offset: 0, length: size }
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    throw new FormatError('object-range', `A range of ${length} bytes at ${offset} makes no sense (${key}).`)
  }
  const available = Math.max(0, Math.min(length, size - offset))
  if (available > options.maxBytes) {
    throw new FormatError('object-too-large', `${key} holds ${available} bytes where at most ${options.maxBytes} may be.`, {
      hint: 'This object is not what its name says. Run `cairn verify`.',
    })
  }
  return { offset, length: available }
}

/** Memory for `length` bytes: the caller's own, where it gave some that is large enough. */
export function memoryFor(length: number, { into }: GetOptions): Buffer {
  return into !== undefined && into.byteLength >= length ? Buffer.from(into.buffer, into.byteOffset, length) : Buffer.allocUnsafe(length)
}

/** @throws {StoreError} `store-closed` always: the answer of a store that was closed. */
export function throwClosed(location: string): never {
  throw new StoreError('store-closed', `The store ${location} was closed.`)
}
