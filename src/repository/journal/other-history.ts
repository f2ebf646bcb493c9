// Entries that honest members signed after another history than the one that is there: damage to an entry before them, or an entry
// that was replaced, moved or taken away. To skip them would show an older repository as if it were the newest. SPEC §7.5, §9.1.6

import { toHex } from '../../../format/bytes.ts'
import { decodeJournalEntry, decodeSigned } from '../../../format/journal.ts'
import { LIMITS } from '../../../format/limits.ts'
import { journalKey } from '../../../format/store-key.ts'
import { FormatError, StopError } from '../../errors.ts'
import { verifySignature } from '../crypto/signing.ts'
import type { AppliedSlot } from './replay.ts'
import type { DraftState, JournalState } from './state.ts'

/**
 * Whether a void slot is the honest entry of a member after another history: its writer saw other slots before it than there
 * are now. Junk is not; a member who did it on purpose is worth the alarm.
 */
export function isOtherHistory(state: DraftState, { slot, voidReason }: AppliedSlot): boolean {
  if (voidReason !== 'chain' && voidReason !== 'sequence') return false
  try {
    const [inner, signature] = decodeSigned(slot.bytes, LIMITS.journalSlotBytes)
    const member = state.members.get(toHex(decodeJournalEntry(inner).member))
    return member !== undefined && verifySignature('journal-entry', state.repository, member.key, inner, signature)
  } catch (error) {
    if (error instanceof FormatError) return false
    throw error
  }
}

/** What is wrong, by the first entry that continues another history: the void one before it is what was damaged, if there is one. */
export function otherHistory(state: JournalState, { slot }: AppliedSlot): StopError {
  const { sequence, hash } = slot
  const damaged = firstCutOff(state, sequence) - 1
  const reason = state.voids.get(damaged)
  const cause =
    reason === undefined
      ? 'an entry before it was replaced, moved or removed'
      : `entry ${damaged} (${journalKey(damaged)}) before it was damaged or replaced (${reason})`
  return new StopError(
    'journal-rewritten',
    `Journal entry ${sequence} is signed by a member, but continues another history: ${cause}. What was written from there on is out of reach.`,
    {
      hint:
        'Bring the object back from a copy of the store, or work from a machine that saw the whole history. When the loss is known and final, an ' +
        'owner runs `cairn journal accept`. `cairn journal verify` lists what does not count.',
      fields: { sequence: reason === undefined ? sequence : damaged, foundSequence: sequence, foundHash: toHex(hash) },
    },
  )
}

/** The first of the slots in a row, up to this one, whose reason is the chain. */
function firstCutOff({ voids }: JournalState, sequence: number): number {
  let first = sequence
  while (voids.get(first - 1) === 'chain') first -= 1
  return first
}

/** Sees a replay, and remembers the first entry of another history, until an owner accepts the journal as it is. */
export class OtherHistoryWatch {
  #found: StopError | undefined

  see(state: DraftState, applied: AppliedSlot): void {
    if (applied.entry?.event === 'journal_accepted') this.#found = undefined
    // Whoever can write to the store can put an old entry into a later slot: only one in its own place tells of another history.
    else if (applied.voidReason === 'chain' && isOtherHistory(state, applied)) this.#found ??= otherHistory(state, applied)
  }

  /** @throws {StopError} `journal-rewritten` */
  finish(): void {
    if (this.#found !== undefined) throw this.#found
  }
}
