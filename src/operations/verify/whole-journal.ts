import { checkClear } from '../../../format/events.ts'
import { checkpointKey, journalKey } from '../../../format/store-key.ts'
import type { JournalState } from '../../repository/journal/state.ts'
import { verifyJournal } from '../../repository/journal/verify-journal.ts'
import { voidEnd } from '../../repository/journal/void-end.ts'
import type { Repository } from '../../repository/repository.ts'
import type { VerifyOutcome } from './outcome.ts'
import type { ProblemList } from './problems.ts'

export interface WholeJournal {
  readonly counts: VerifyOutcome['journal']
  /** Store keys of the checkpoints that entries name. */
  readonly checkpoints: Set<string>
  readonly state: JournalState
}

/** Replays the whole journal, whatever the client remembers of it. */
export async function replayWhole({ store, id, writeKeys, journal }: Repository, problems: ProblemList): Promise<WholeJournal> {
  const checkpoints = new Set<string>()
  const found = await verifyJournal(store, {
    expectedRepository: id,
    pin: journal.pin(),
    journalKey: writeKeys.journal,
    onSlot: ({ entry }) => {
      if (entry?.event === 'checkpoint') checkpoints.add(checkpointKey(checkClear(entry.event, entry.clear).state))
    },
  })
  for (const { code, message, sequence } of found.problems) problems.add('journal', objectOf(sequence), `${code}: ${message}`)
  for (const { code, message, sequence, acceptedAt } of found.accepted)
    problems.remark('journal', objectOf(sequence), `${code}: ${message} An owner accepted that in entry ${acceptedAt}.`)
  // What another history left behind is a problem already.
  const end = found.state === undefined || found.problems.length > 0 ? [] : voidEnd(found.state)
  for (const { sequence, reason } of end)
    problems.remark('journal', objectOf(sequence), `void (${reason}): junk, or a damaged entry, and what it said is missing here`)
  const counts = { entries: found.entries, voids: found.voids.length, head: found.head?.sequence ?? 0 }
  return { counts, checkpoints, state: found.state ?? journal.state }
}

function objectOf(sequence: number | undefined): string {
  return sequence === undefined ? 'journal/' : journalKey(sequence)
}
