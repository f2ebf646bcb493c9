// A writer's sign of life while a commit runs, which deletion respects. Liveness only: a commit whose lease could not be written or
// was lost is still safe, since the journal's order decides (SPEC §5.5).

import { encodeLease } from '../../format/lease.ts'
import { encodeSigned } from '../../format/signed.ts'
import { leaseKey } from '../../format/store-key.ts'
import { now } from '../runtime/clock.ts'
import { issuePermit } from '../runtime/permit.ts'
import type { Repository } from './repository.ts'

const TTL_MS = 24 * 60 * 60 * 1000

export class Lease {
  readonly #repository: Repository
  readonly #key: string

  private constructor(repository: Repository, key: string) {
    this.#repository = repository
    this.#key = key
  }

  /** Writes the lease of an operation (16 random bytes). @throws {StoreError} when the store cannot be written. */
  static async take(repository: Repository, operation: Uint8Array): Promise<Lease> {
    const { id, journal, signing, store } = repository
    const { sequence } = journal.state.head
    const lease = encodeLease({ repository: id, operation, renewal: 0, member: signing.memberId, sequence, time: now(), ttlMs: TTL_MS })
    const key = leaseKey(operation, 0)
    await store.put(key, encodeSigned([lease, signing.sign('lease', id, lease)]))
    return new Lease(repository, key)
  }

  /** Removes the lease, as far as the store lets a writer delete; one that stays runs out by itself. */
  async release(): Promise<void> {
    try {
      await this.#repository.store.remove(
        this.#key,
        issuePermit('the own lease of a finished operation', (target) => target === this.#key),
      )
    } catch {
      // A writer's credentials may not delete, and the store may be down: the lease then ends with its time.
    }
  }
}
