// Appending to the journal: create-if-absent of the next sequence, again and again until it succeeds (SPEC §9.2.5).

import { toHex } from '../../../format/bytes.ts'
import type { CborRecord } from '../../../format/cbor.ts'
import type { DetailsOf } from '../../../format/details.ts'
import type { ClearOf, EventName } from '../../../format/events.ts'
import { encodeJournalEntry, encodeSigned, type JournalEntry } from '../../../format/journal.ts'
import { type Member, memberToCbor } from '../../../format/member.ts'
import { journalKey as slotKeyOf } from '../../../format/store-key.ts'
import { AccessError, CancelledError, KeyError, StoreError, UsageError } from '../../errors.ts'
import { now } from '../../runtime/clock.ts'
import { randomBytes } from '../../runtime/random.ts'
import type { SigningKey } from '../crypto/signing.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { withDetails } from './entry-details.ts'
import { applySlot } from './replay.ts'
import { requireFeatures } from './required-features.ts'
import { probe, readSlot, type Slot, slotHash } from './slots.ts'
import type { DraftState, JournalState, VoidReason } from './state.ts'
import { judge, type KnownEntry } from './validity.ts'

export interface AppendRequest<E extends EventName> {
  readonly event: E
  /** The clear fields, or how to make them from the state that each attempt finds. Absent for events that have none. */
  readonly clear?: ClearOf<E> | ((state: JournalState) => ClearOf<E>)
  /** The details to seal; events without details may leave them out. */
  readonly details?: DetailsOf<E>
  readonly signing: SigningKey
  /** Asked before each attempt with the state of that moment; throws to give up. The signer's own rights are checked anyway. */
  readonly guard?: (state: JournalState) => void | Promise<void>
  readonly signal?: AbortSignal
}

export interface AppendContext {
  readonly store: ObjectStore
  readonly state: DraftState
  readonly journalKey: Uint8Array | undefined
}

/** After so many lost races something other than a race is going on. */
const MAX_ATTEMPTS = 10_000

/** The loop itself; see `Journal.append`. */
export async function appendEntry<E extends EventName>(context: AppendContext, request: AppendRequest<E>): Promise<JournalEntry> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    if (request.signal?.aborted === true) {
      throw new CancelledError('cancelled', `The journal entry ${request.event} was not written.`)
    }
    await request.guard?.(context.state)
    const made = makeSlot(context, request)
    if (await putSlot(context.store, made.slot)) {
      applySlot(context.state, made.slot, context.journalKey)
      return made.entry
    }
    await followOthers(context)
  }
  throw new StoreError('journal-busy', `No free journal slot was found in ${MAX_ATTEMPTS} attempts.`, {
    hint: 'Somebody floods the journal. See who with `cairn journal`.',
  })
}

interface MadeSlot {
  readonly slot: Slot
  readonly entry: KnownEntry
}

/** The next slot, judged by the same rules by which everybody else will judge it. */
function makeSlot<E extends EventName>({ state, journalKey }: AppendContext, request: AppendRequest<E>): MadeSlot {
  const { event, details, signing } = request
  if (event === 'snapshot_created') {
    requireFeatures(state, 'write')
  }
  const bare: JournalEntry = {
    repository: state.repository,
    sequence: state.head.sequence + 1,
    previous: state.head.hash,
    operation: randomBytes(16),
    member: signing.memberId,
    event,
    time: now(),
    clear: clearOf(request, state),
    sealed: Buffer.alloc(0),
  }
  const entry = details === undefined || Object.keys(details).length === 0 ? bare : withDetails(bare, event, details, need(journalKey))
  const inner = encodeJournalEntry(entry)
  const bytes = encodeSigned([inner, signing.sign('journal-entry', state.repository, inner)])
  const slot = { sequence: entry.sequence, bytes, hash: slotHash(bytes) }
  const verdict = judge(state, slot)
  if ('reason' in verdict) {
    throw refusal(verdict.reason, event, signing)
  }
  return { slot, entry: verdict.entry }
}

function clearOf<E extends EventName>({ clear }: AppendRequest<E>, state: JournalState): CborRecord {
  const fields: object = (typeof clear === 'function' ? clear(state) : clear) ?? {}
  // Members of a state carry more than what stands in an entry.
  return 'add' in fields ? { ...fields, add: (fields.add as Member[]).map(memberToCbor) } : { ...fields }
}

/** Whether the slot holds our bytes now. A create that failed may have succeeded: what is there decides. SPEC §7.1 */
async function putSlot(store: ObjectStore, slot: Slot): Promise<boolean> {
  const key = slotKeyOf(slot.sequence)
  const answer = await store.put(key, slot.bytes).catch((error: unknown) => {
    if (!(error instanceof StoreError)) {
      throw error
    }
    // Once more: "exists" promises that what is there is durable, which reading it would not.
    return store.put(key, slot.bytes).catch(() => Promise.reject(error))
  })
  return answer === 'created' || (await readSlot(store, slot.sequence))?.bytes.equals(slot.bytes) === true
}

async function followOthers({ store, state, journalKey }: AppendContext): Promise<void> {
  for await (const slot of probe(store, state.head.sequence + 1)) {
    applySlot(state, slot, journalKey)
  }
}

function need(journalKey: Uint8Array | undefined): Uint8Array {
  if (journalKey === undefined) {
    throw new KeyError('no-journal-key', 'Without the journal key no details can be written.', { hint: 'Open the repository with a key.' })
  }
  return journalKey
}

const REFUSALS: Partial<Record<VoidReason, readonly [message: string, hint: string]>> = {
  member: ['This key is not a member of the repository', 'An owner may have revoked it: ask one, or use another identity.'],
  role: ['This member has no role that allows it', "Ask an owner to do it, or for an identity that may ('cairn key add')."],
  series: ['This member may not write to that series', 'Ask an owner for the series, or name another one.'],
}

function refusal(reason: VoidReason, event: EventName, signing: SigningKey): AccessError | UsageError {
  const refused = REFUSALS[reason]
  const fields = { event, reason, member: toHex(signing.memberId) }
  if (refused !== undefined) {
    return new AccessError(reason, `${refused[0]} (${event}).`, { hint: refused[1], fields })
  }
  const why = reason === 'no-owner' ? 'it would leave the repository without an owner' : `it would be void (${reason})`
  return new UsageError(`journal-${reason}`, `The journal entry ${event} was not written: ${why}.`, { fields })
}
