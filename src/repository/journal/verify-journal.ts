import type { Id } from '../../../format/bytes.ts'
import { IntegrityError, StopError } from '../../errors.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { type Genesis, genesisState, readGenesis } from './genesis.ts'
import { replayFrom } from './open-journal.ts'
import { isOtherHistory, otherHistory } from './other-history.ts'
import { PinWatch } from './pin-watch.ts'
import type { Head, Pin } from './pins.ts'
import type { AppliedSlot } from './replay.ts'
import type { DraftState, JournalState, VoidReason } from './state.ts'

export interface JournalProblem {
  /** A StopError's or IntegrityError's code, or `journal-rewritten`. */
  readonly code: string
  readonly message: string
  readonly sequence?: number
}

/** A loss that is known: an owner accepted it in a later entry. SPEC §9.1.6 */
export interface AcceptedLoss extends JournalProblem {
  /** Sequence of the entry that accepts it. */
  readonly acceptedAt: number
}

export interface JournalVerification {
  /** No problems; void slots alone are none, since anybody who can write to the store can leave junk. */
  readonly ok: boolean
  /** The repository id; undefined when the genesis entry is not valid. */
  readonly repository: Id | undefined
  /** Valid entries, the genesis entry included. */
  readonly entries: number
  readonly head: Head | undefined
  readonly voids: readonly { readonly sequence: number; readonly reason: VoidReason }[]
  readonly problems: readonly JournalProblem[]
  readonly accepted: readonly AcceptedLoss[]
  /** What the journal says, as far as it could be read. */
  readonly state: JournalState | undefined
}

export interface VerifyJournalOptions {
  /** Without it, nothing tells whether this is the repository that was meant. */
  readonly expectedRepository?: Id
  readonly pin?: Pin
  /** With it, details are opened, too. */
  readonly journalKey?: Uint8Array
  /** Sees every slot after the genesis entry, with what became of it. */
  readonly onSlot?: (applied: AppliedSlot) => void
}

/**
 * Replays the whole journal, whatever checkpoints there are: chain, signatures, roles, forms. It needs no key. SPEC §7.5, §9.4.1
 * @throws {NotFoundError} `repository-not-found` when there is no genesis entry; {StoreError} when the store fails.
 */
export async function verifyJournal(store: ObjectStore, options: VerifyJournalOptions = {}): Promise<JournalVerification> {
  const problems: JournalProblem[] = []
  const genesis = await orProblem(problems, () => readGenesis(store, options.expectedRepository))
  if (genesis === undefined) {
    return { ok: false, repository: undefined, entries: 0, head: undefined, voids: [], problems, accepted: [], state: undefined }
  }
  const state = genesisState(genesis, options.journalKey)
  const losses = new Losses()
  await orProblem(problems, () => replayAll(store, genesis, state, options, losses))
  problems.unshift(...losses.open)
  const voids = [...state.voids].map(([sequence, reason]) => ({ sequence, reason }))
  const entries = state.head.sequence + 1 - voids.length
  return { ok: problems.length === 0, repository: genesis.id, entries, head: state.head, voids, problems, accepted: losses.accepted, state }
}

async function replayAll(
  store: ObjectStore,
  genesis: Genesis,
  state: DraftState,
  { pin, journalKey, onSlot }: VerifyJournalOptions,
  losses: Losses,
): Promise<void> {
  const watch = pin && new PinWatch(pin, { journalKey })
  watch?.start({ sequence: 0, hash: genesis.id })
  await replayFrom(store, state, journalKey, (applied) => {
    watch?.see(applied)
    onSlot?.(applied)
    losses.see(state, applied)
  })
  watch?.finish(state.head)
}

/** Entries of another history, and which of them an owner accepted as lost: whoever opens the journal goes on with those, too. */
class Losses {
  readonly open: JournalProblem[] = []
  readonly accepted: AcceptedLoss[] = []

  see(state: DraftState, applied: AppliedSlot): void {
    const { slot, entry, voidReason } = applied
    if (entry?.event === 'journal_accepted')
      this.accepted.push(...this.open.splice(0).map((problem) => ({ ...problem, acceptedAt: slot.sequence })))
    // The entries after it are out of reach for the same reason.
    else if (isOtherHistory(state, applied) && state.voids.get(slot.sequence - 1) !== voidReason)
      this.open.push(problemOf(otherHistory(state, applied)))
  }
}

async function orProblem<T>(problems: JournalProblem[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof StopError || error instanceof IntegrityError)) {
      throw error
    }
    problems.push(problemOf(error))
    return undefined
  }
}

function problemOf({ code, message, fields }: StopError | IntegrityError): JournalProblem {
  const sequence = fields['sequence'] ?? fields['missingSequence'] ?? fields['pinnedSequence']
  return { code, message, ...(typeof sequence === 'number' && { sequence }) }
}
