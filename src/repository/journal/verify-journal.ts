import { type Id, toHex } from '../../../format/bytes.ts'
import { decodeJournalEntry, decodeSigned } from '../../../format/journal.ts'
import { LIMITS } from '../../../format/limits.ts'
import { FormatError, IntegrityError, StopError } from '../../errors.ts'
import { verifySignature } from '../crypto/signing.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { type Genesis, genesisState, readGenesis } from './genesis.ts'
import { replayFrom } from './open-journal.ts'
import { PinWatch } from './pin-watch.ts'
import type { Head, Pin } from './pins.ts'
import type { AppliedSlot } from './replay.ts'
import type { Slot } from './slots.ts'
import type { DraftState, JournalState, VoidReason } from './state.ts'

export interface JournalProblem {
  /** A StopError's or IntegrityError's code, or `journal-rewritten`. */
  readonly code: string
  readonly message: string
  readonly sequence?: number
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
    return { ok: false, repository: undefined, entries: 0, head: undefined, voids: [], problems, state: undefined }
  }
  const state = genesisState(genesis, options.journalKey)
  await orProblem(problems, () => replayAll(store, genesis, state, options, problems))
  const voids = [...state.voids].map(([sequence, reason]) => ({ sequence, reason }))
  const entries = state.head.sequence + 1 - voids.length
  return { ok: problems.length === 0, repository: genesis.id, entries, head: state.head, voids, problems, state }
}

async function replayAll(
  store: ObjectStore,
  genesis: Genesis,
  state: DraftState,
  { pin, journalKey, onSlot }: VerifyJournalOptions,
  problems: JournalProblem[],
): Promise<void> {
  const watch = pin && new PinWatch(pin, { journalKey })
  watch?.start({ sequence: 0, hash: genesis.id })
  await replayFrom(store, state, journalKey, (applied) => {
    watch?.see(applied)
    onSlot?.(applied)
    if (isRewritten(state, applied)) {
      problems.push(rewritten(applied.slot))
    }
  })
  watch?.finish(state.head)
}

/**
 * Whether a void slot is the honest entry of a member after another history: its writer saw other slots before it than there
 * are now. Junk is not; a member who did it on purpose is worth the alarm.
 */
function isRewritten(state: DraftState, { slot, voidReason }: AppliedSlot): boolean {
  if (voidReason !== 'chain' && voidReason !== 'sequence') {
    return false
  }
  try {
    const [inner, signature] = decodeSigned(slot.bytes, LIMITS.journalSlotBytes)
    const member = state.members.get(toHex(decodeJournalEntry(inner).member))
    return member !== undefined && verifySignature('journal-entry', state.repository, member.key, inner, signature)
  } catch (error) {
    if (error instanceof FormatError) {
      return false
    }
    throw error
  }
}

function rewritten({ sequence }: Slot): JournalProblem {
  const message = `Entry ${sequence} is signed by a member, but continues another history: entries before it were replaced, moved or removed.`
  return { code: 'journal-rewritten', message, sequence }
}

async function orProblem<T>(problems: JournalProblem[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof StopError || error instanceof IntegrityError)) {
      throw error
    }
    const sequence = error.fields['sequence'] ?? error.fields['missingSequence']
    problems.push({ code: error.code, message: error.message, ...(typeof sequence === 'number' && { sequence }) })
    return undefined
  }
}
