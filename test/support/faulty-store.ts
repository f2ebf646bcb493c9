// A store that counts what is asked of it and fails where a test says so: an error, a crash, a delay, a stale listing, somebody else's work.
// It never tears an object: a store promises whole objects (SPEC §3.1), and test/contract/ holds it to that.

import type { GetOptions, ListedObject, ObjectStore, StorePrefix } from '../../src/repository/store/object-store.ts'
import type { Permit } from '../../src/runtime/permit.ts'

export type StoreMethod = 'put' | 'get' | 'size' | 'list' | 'remove'

export interface Operation {
  /** From 0, in the order in which the operations began. */
  readonly index: number
  readonly method: StoreMethod
  /** First part of the key: `packs/data`, `packs/tree`, `index`, `manifests`, `journal`, `keys`, `leases`, `checkpoints`, `cairn.json`. */
  readonly kind: string
  /** The key; the prefix of a listing. */
  readonly key: string
}

export type Moment = 'before' | 'after'

/** What happens at an operation. `fail` after an operation is a success that the caller never hears of; `meanwhile` runs before it. */
export type Fault =
  | { readonly action: 'fail'; readonly when: Moment; readonly error: Error }
  | { readonly action: 'crash'; readonly when: Moment }
  | { readonly action: 'delay'; readonly ms: number }
  | { readonly action: 'meanwhile'; readonly work: () => Promise<unknown> }

export type FaultPlan = (operation: Operation) => Fault | undefined

/** What every operation throws at and after a crash: the process is gone, so nothing that follows may have an effect. */
export class CrashError extends Error {
  override readonly name = 'CrashError'
}

export interface FaultyStoreOptions {
  readonly plan?: FaultPlan
  /** Called at a crash instead of throwing; a test in a child process kills itself here. */
  readonly onCrash?: (operation: Operation) => void
}

/** The fault at operation `index` only. */
export function atOperation(index: number, fault: Fault): FaultPlan {
  return (operation) => (operation.index === index ? fault : undefined)
}

export class FaultyStore implements ObjectStore {
  readonly location: string
  readonly operations: Operation[] = []
  readonly #inner: ObjectStore
  readonly #options: FaultyStoreOptions
  #hidden: (key: string) => boolean = () => false
  #crashed = false

  constructor(inner: ObjectStore, options: FaultyStoreOptions = {}) {
    this.#inner = inner
    this.#options = options
    this.location = inner.location
  }

  /** Whether a crash has happened. */
  get crashed(): boolean {
    return this.#crashed
  }

  /** How often each method was asked for each kind: `put journal` → 3. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { method, kind } of this.operations) {
      counts[`${method} ${kind}`] = (counts[`${method} ${kind}`] ?? 0) + 1
    }
    return counts
  }

  /** Listings leave out these keys, as a stale one does; reading still finds them. */
  hideFromLists(hidden: (key: string) => boolean): void {
    this.#hidden = hidden
  }

  /** From now on listings show what was there when this was called. */
  async freezeLists(...prefixes: StorePrefix[]): Promise<void> {
    const seen = new Set<string>()
    for (const prefix of prefixes) {
      for await (const { key } of this.#inner.list(prefix)) {
        seen.add(key)
      }
    }
    this.hideFromLists((key) => prefixes.some((prefix) => key.startsWith(prefix)) && !seen.has(key))
  }

  put(key: string, bytes: Uint8Array | readonly Uint8Array[]): Promise<'created' | 'exists'> {
    return this.#run('put', key, () => this.#inner.put(key, bytes))
  }

  get(key: string, options: GetOptions): Promise<Buffer | undefined> {
    return this.#run('get', key, () => this.#inner.get(key, options))
  }

  size(key: string): Promise<number | undefined> {
    return this.#run('size', key, () => this.#inner.size(key))
  }

  async *list(prefix: StorePrefix, options?: { readonly after?: string }): AsyncIterable<ListedObject> {
    const found = await this.#run('list', prefix, () => Array.fromAsync(this.#inner.list(prefix, options)))
    yield* found.filter(({ key }) => !this.#hidden(key))
  }

  remove(key: string, permit: Permit): Promise<boolean> {
    return this.#run('remove', key, () => this.#inner.remove(key, permit))
  }

  /** Closes nothing after a crash: a dead process does not tidy up. */
  async close(): Promise<void> {
    if (!this.#crashed) {
      await this.#inner.close()
    }
  }

  async #run<T>(method: StoreMethod, key: string, work: () => Promise<T>): Promise<T> {
    if (this.#crashed) {
      throw new CrashError(`${method} ${key} after the crash`)
    }
    const operation: Operation = { index: this.operations.length, method, kind: kindOf(key), key }
    this.operations.push(operation)
    const fault = this.#options.plan?.(operation)
    await this.#strike(fault, 'before', operation)
    const result = await work()
    await this.#strike(fault, 'after', operation)
    return result
  }

  async #strike(fault: Fault | undefined, moment: Moment, operation: Operation): Promise<void> {
    if (fault?.action === 'delay' || fault?.action === 'meanwhile') {
      if (moment === 'before') {
        await (fault.action === 'delay' ? new Promise((resolve) => setTimeout(resolve, fault.ms)) : fault.work())
      }
    } else if (fault?.when === moment) {
      this.#fall(fault, operation)
    }
    if (this.#crashed) {
      // Another operation crashed the process while this one ran: its answer reaches nobody.
      throw new CrashError(`the process is gone (${operation.method} ${operation.key})`)
    }
  }

  #fall(fault: Exclude<Fault, { action: 'delay' | 'meanwhile' }>, operation: Operation): void {
    if (fault.action === 'fail') {
      throw fault.error
    }
    this.#crashed = true
    this.#options.onCrash?.(operation)
    throw new CrashError(`crash ${fault.when} ${operation.method} ${operation.key} (operation ${operation.index})`)
  }
}

function kindOf(key: string): string {
  const parts = key.split('/')
  return parts[0] === 'packs' ? `${parts[0]}/${parts[1]}` : (parts[0] ?? key)
}

/** Runs once without faults on a fresh store and tells every operation that was asked of it; `keep` chooses among them. */
export async function enumerateOperations(
  make: () => Promise<ObjectStore>,
  run: (store: FaultyStore) => Promise<unknown>,
  keep: (operation: Operation) => boolean = () => true,
): Promise<Operation[]> {
  const store = new FaultyStore(await make())
  await run(store)
  return store.operations.filter(keep)
}

export interface CrashPoint {
  readonly operation: Operation
  readonly when: Moment
}

/** Before and after each operation; what only reads crashes once, since nothing changes between its two moments. */
export function crashPoints(operations: readonly Operation[]): CrashPoint[] {
  return operations.flatMap((operation) => {
    const points: CrashPoint[] = [{ operation, when: 'before' }]
    return operation.method === 'put' || operation.method === 'remove' ? [...points, { operation, when: 'after' }] : points
  })
}
