import { equalBytes, type Id, toHex } from '../../../format/bytes.ts'
import { checkClear } from '../../../format/events.ts'
import { readDetails } from './entry-details.ts'
import { isOwner } from './members.ts'
import { fork, type Head, type Pin, rollback } from './pins.ts'
import type { AppliedSlot } from './replay.ts'
import type { JournalMember } from './state.ts'

export interface PinWatchOptions {
  readonly journalKey?: Uint8Array | undefined
  /** The members as the client knew them at its pin: an owner who was removed before cannot roll the removal back. */
  readonly members?: ReadonlyMap<string, JournalMember> | undefined
}

/**
 * Watches a replay for the pinned entry (rollback, fork), and for an owner's `journal_accepted` that names exactly the lost
 * one. It sees every slot after the place where the replay began. SPEC §7.5, §9.1.6
 */
export class PinWatch {
  readonly #pin: Pin
  readonly #options: PinWatchOptions
  readonly #hashes = new Map<number, Id>()
  #found: Pin | undefined
  #accepted = false

  constructor(pin: Pin, options: PinWatchOptions = {}) {
    this.#pin = pin
    this.#options = options
  }

  /** Whether an owner accepted the loss of the pin. */
  get accepted(): boolean {
    return this.#accepted
  }

  /** The slot from which the replay starts counts as seen. */
  start(head: Head): void {
    this.#note(head)
  }

  see({ slot, link, entry }: AppliedSlot): void {
    if (entry?.event === 'journal_accepted') {
      const { sequence, hash } = checkClear(entry.event, entry.clear)
      const known = this.#hashes.get(sequence)
      const names = known !== undefined && equalBytes(known, hash)
      this.#accepted ||= names && this.#trusts(entry.member) && this.#lost(entry)
    }
    this.#note({ sequence: slot.sequence, hash: link })
  }

  /** @throws {StopError} `journal-rollback`, `journal-fork` when the journal lacks the pin and no owner accepted that. */
  finish(head: Head): void {
    if (this.#accepted || (this.#found !== undefined && equalBytes(this.#found.hash, this.#pin.hash))) {
      return
    }
    throw this.#found === undefined ? rollback(this.#pin, head) : fork(this.#pin, this.#found)
  }

  #note({ sequence, hash }: Head): void {
    this.#hashes.set(sequence, hash)
    if (sequence === this.#pin.sequence) {
      this.#found = { sequence, hash }
    }
  }

  #trusts(member: Id): boolean {
    const known = this.#options.members?.get(toHex(member))
    return this.#options.members === undefined || (known !== undefined && isOwner(known))
  }

  #lost(entry: NonNullable<AppliedSlot['entry']>): boolean {
    const { journalKey } = this.#options
    const details = journalKey && readDetails(entry, 'journal_accepted', journalKey)
    return details !== undefined && details.lostSequence === this.#pin.sequence && equalBytes(details.lostHash, this.#pin.hash)
  }
}
