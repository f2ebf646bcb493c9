// The journal: the signed, hash-chained log of all that changes the repository's meaning, one object for each entry (SPEC §7).
// slots reads it, validity judges each slot, effects applies it to the state; pin-watch holds it against what this client saw
// before. open-journal puts these in the order of SPEC §9.1; append writes (§9.2.5); checkpoints, spool and accept stand on top.

import { equalBytes, type Id, toHex } from '../../../format/bytes.ts'
import type { EventName } from '../../../format/events.ts'
import type { JournalEntry } from '../../../format/journal.ts'
import type { StopError } from '../../errors.ts'
import type { PublicKeyOf } from '../crypto/signed-object.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { type AppendRequest, appendEntry } from './append.ts'
import { type EntriesOptions, type JournalLine, journalLines } from './entries.ts'
import type { Genesis } from './genesis.ts'
import { linkAtHead } from './links.ts'
import { type JournalStart, type OpenedJournal, type OpenJournalOptions, replayFrom, replayJournal } from './open-journal.ts'
import { fork, type Pin, rollback } from './pins.ts'
import { assertNoneMissing, lastListed, omission, readSlot } from './slots.ts'
import { type DraftState, encodeState, type JournalMember, type JournalState } from './state.ts'

export class Journal {
  readonly store: ObjectStore
  readonly genesis: Genesis
  /** Where the replay began: a client that started from a checkpoint says so. */
  readonly start: JournalStart
  /** Whether this client's pin is gone and an owner accepted that. */
  readonly accepted: boolean
  readonly #state: DraftState
  readonly #journalKey: Uint8Array | undefined
  #last: Promise<unknown> = Promise.resolve()

  private constructor(store: ObjectStore, opened: OpenedJournal, journalKey: Uint8Array | undefined) {
    this.store = store
    this.genesis = opened.genesis
    this.start = opened.start
    this.accepted = opened.accepted
    this.#state = opened.state
    this.#journalKey = journalKey
  }

  /**
   * Opens the journal of an expected repository. SPEC §9.1
   * @throws as `replayJournal` does.
   */
  static async open(options: OpenJournalOptions): Promise<Journal> {
    return new Journal(options.store, await replayJournal(options), options.journalKey)
  }

  get repository(): Id {
    return this.genesis.id
  }

  /** What the journal says now; the object stays the same and moves on with `refresh` and `append`. */
  get state(): JournalState {
    return this.#state
  }

  /** What to remember of this journal, so that it cannot be rolled back unseen. SPEC §9.1.8 */
  pin(): Pin {
    return this.#state.lastEntry
  }

  /** The state as bytes, to be passed as `cached` next time; where they lie must be as trusted as the pin. */
  encodeState(): Buffer {
    return encodeState(this.#state)
  }

  /** A present member. */
  member(id: Id): JournalMember | undefined {
    return this.#state.members.get(toHex(id))
  }

  /** The public key of whoever is or was a member. */
  readonly publicKeyOf: PublicKeyOf = (member) => {
    const id = toHex(member)
    return (this.#state.members.get(id) ?? this.#state.removed.get(id))?.key
  }

  /**
   * Reads what others appended since; returns the number of new slots.
   * @throws {StopError} `journal-rollback`, `journal-fork`, `journal-omission`, `newer-repository`.
   */
  refresh(): Promise<number> {
    return this.#inTurn(() => this.#refresh())
  }

  /**
   * Appends an entry at the next free sequence and returns it once it is durable. Other writers' entries are applied first, and
   * the signer's rights and `guard` are asked again before each attempt. After a StoreError the entry may stand all the same.
   * SPEC §9.2.5
   * @throws {AccessError} `member`, `role`, `series` when the signer may not; {UsageError} `journal-*` when the entry would be void.
   * @throws {CancelledError} when `signal` says so, between attempts; {StoreError}; {StopError} as `refresh` does.
   */
  append<E extends EventName>(request: AppendRequest<E>): Promise<JournalEntry> {
    return this.#inTurn(async () => {
      await this.#refresh()
      return appendEntry({ store: this.store, state: this.#state, journalKey: this.#journalKey }, request)
    })
  }

  /** Asks the store's listing for every entry up to the head. @throws {StopError} `journal-omission` when one is gone. */
  assertWhole(): Promise<void> {
    return assertNoneMissing(this.store, this.#state.head.sequence)
  }

  /** The log from a sequence on, up to the head of now, void slots included, with details where the journal key opens them. */
  entries(options: EntriesOptions = {}): AsyncIterable<JournalLine> {
    const { store, genesis } = this
    return journalLines({ store, genesis, head: this.#state.head, journalKey: this.#journalKey }, options)
  }

  async #refresh(): Promise<number> {
    const { head } = this.#state
    const link = await linkAtHead(this.store, this.#state)
    if (link === undefined) {
      throw await this.#lostHead(head)
    }
    if (!equalBytes(link, head.hash)) {
      throw fork(head, { sequence: head.sequence, hash: link })
    }
    await replayFrom(this.store, this.#state, this.#journalKey)
    return this.#state.head.sequence - head.sequence
  }

  async #lostHead(head: Pin): Promise<StopError> {
    const last = await lastListed(this.store, 0)
    if (last > head.sequence) {
      return omission(head.sequence, last)
    }
    return rollback(head, (await readSlot(this.store, last)) ?? { sequence: last, hash: Buffer.alloc(0) })
  }

  /** One at a time: two appends of one process must not race each other over the state. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
