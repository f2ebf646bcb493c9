// The verb `journal verify`: the full replay, for whoever has no key at all; held against what is known of this place. SPEC §9.4.1.

import type { Id } from '../../../format/bytes.ts'
import type { Pin } from '../../repository/journal/pins.ts'
import { readSlot } from '../../repository/journal/slots.ts'
import { type JournalVerification, verifyJournal } from '../../repository/journal/verify-journal.ts'
import type { ObjectStore } from '../../repository/store/object-store.ts'

/** What somebody knew of the repository before it was looked at. */
export interface KnownBefore {
  /** The repository that must be at this place. */
  readonly expected?: Id | undefined
  /** The last entry of a repository that was verified on this machine, wherever its store lay then. */
  readonly pinOf?: (repository: Id) => Pin | undefined
}

export interface PlaceVerification extends JournalVerification {
  /** Whether anything said which repository this must be; otherwise any sound journal passes. */
  readonly isExpected: boolean
  /**
   * `pinned`: the journal holds the last entry that was verified here. `unknown`: nothing tells whether it is the newest state
   * of the repository; an old copy is as sound as a new one. `lost`: it no longer holds that entry.
   */
  readonly freshness: 'pinned' | 'unknown' | 'lost'
  readonly pin: Pin | undefined
}

/** Verifies a journal without keys. @throws as `verifyJournal` does; what is wrong with the journal is in the result. */
export async function verifyPlace(store: ObjectStore, { expected, pinOf }: KnownBefore): Promise<PlaceVerification> {
  const repository = expected ?? (await readSlot(store, 0))?.hash
  const pin = repository && pinOf?.(repository)
  const found = await verifyJournal(store, {
    ...(expected !== undefined && { expectedRepository: expected }),
    ...(pin !== undefined && { pin }),
  })
  return { ...found, isExpected: expected !== undefined, freshness: freshnessOf(found, pin), pin }
}

function freshnessOf({ ok, problems }: JournalVerification, pin: Pin | undefined): PlaceVerification['freshness'] {
  if (pin !== undefined && problems.some(({ code }) => code === 'journal-rollback' || code === 'journal-fork')) return 'lost'
  // A replay that stopped early never came to the pin; a rewritten slot does not stop it.
  return pin !== undefined && (ok || problems.every(({ code }) => code === 'journal-rewritten')) ? 'pinned' : 'unknown'
}
