import { StopError, UsageError } from '../../errors.ts'
import type { SigningKey } from '../crypto/signing.ts'
import { Journal } from './journal.ts'
import type { OpenJournalOptions } from './open-journal.ts'
import type { Pin } from './pins.ts'

export interface AcceptOptions extends Omit<OpenJournalOptions, 'pin'> {
  readonly journalKey: Uint8Array
  readonly signing: SigningKey
  /** The pin that the journal no longer has. */
  readonly lost: Pin
  readonly reason: string
}

const ACCEPTABLE: ReadonlySet<string> = new Set(['journal-rollback', 'journal-fork', 'journal-rewritten'])

/**
 * Accepts a journal that lost the pinned entry, once a person knows why (the store was restored from an older copy): appends
 * `journal_accepted` under an owner's signature, which names the head that is accepted and the pin that is lost. Clients with
 * exactly that pin follow it, and entries of another history before it stop nobody any more. SPEC §7.4
 * @throws {UsageError} `nothing-to-accept` when the journal has the pin; {AccessError} `role` when the signer is no owner.
 * @throws {StopError} for what cannot be accepted: `repository-replaced`, `journal-omission`, `newer-repository`.
 */
export async function acceptJournal({ signing, lost, reason, cached, ...options }: AcceptOptions): Promise<Journal> {
  await assertLost({ ...options, pin: lost, ...(cached !== undefined && { cached }) })
  const journal = await Journal.open({ ...options, allowOtherHistory: true })
  await journal.append({
    event: 'journal_accepted',
    clear: ({ head }) => ({ sequence: head.sequence, hash: Buffer.from(head.hash) }),
    details: { reason, lostSequence: lost.sequence, lostHash: lost.hash },
    signing,
  })
  return journal
}

/**
 * Checks that the journal no longer holds a pin, and that its loss was not accepted before by somebody whom this client believes.
 * @throws {UsageError} `nothing-to-accept` when it opens under the pin; {StopError} for what cannot be accepted.
 */
export async function assertLost(options: OpenJournalOptions & { readonly pin: Pin }): Promise<void> {
  if (await opensUnderPin(options)) {
    throw new UsageError(
      'nothing-to-accept',
      `The journal opens with entry ${options.pin.sequence} as it was verified: there is nothing to accept.`,
    )
  }
}

/** Whether the journal opens under this pin; an acceptance that it holds already counts. */
async function opensUnderPin(options: OpenJournalOptions): Promise<boolean> {
  try {
    await Journal.open(options)
    return true
  } catch (error) {
    if (error instanceof StopError && ACCEPTABLE.has(error.code)) {
      return false
    }
    throw error
  }
}
