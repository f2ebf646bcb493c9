// The verb `journal`: the whole log, void slots and what waits in audit batches included. SPEC §7.

import { type Id, toHex } from '../../../format/bytes.ts'
import type { JournalLine } from '../../repository/journal/entries.ts'
import type { Repository } from '../../repository/repository.ts'

export interface JournalLogOptions {
  /** The first sequence to tell; 0 unless told. */
  readonly since?: number | undefined
  /** Only the newest so many. */
  readonly limit?: number | undefined
}

/** The log in the order of its entries; all of it is verified on the way. @throws as `Journal.entries` does. */
export function journalLog(
  { journal }: Repository,
  { since = 0, limit = Number.POSITIVE_INFINITY }: JournalLogOptions = {},
): AsyncIterable<JournalLine> {
  return journal.entries({ from: Math.max(since, journal.state.head.sequence - limit + 1) })
}

/** What a member, present or past, is called; empty when nobody said, or the member is unknown. */
export function memberLabel({ journal }: Repository, member: Id): string {
  const id = toHex(member)
  return (journal.state.members.get(id) ?? journal.state.removed.get(id))?.label ?? ''
}
