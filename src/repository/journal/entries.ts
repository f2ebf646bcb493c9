import { type Id, toHex } from '../../../format/bytes.ts'
import { checkClear } from '../../../format/events.ts'
import { GENESIS_EVENT, type JournalEntry } from '../../../format/journal.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { readDetails, readRecordDetails } from './entry-details.ts'
import { type Genesis, genesisState } from './genesis.ts'
import { fork, type Head, rollback, samePin } from './pins.ts'
import { type AppliedSlot, applySlot } from './replay.ts'
import { readSlots } from './slots.ts'
import { judgeRecord, type KnownRecord, type RecordProblem } from './spool-records.ts'
import type { JournalState, VoidReason } from './state.ts'

/** One slot of the log, as it is shown. */
export interface JournalLine {
  readonly sequence: number
  /** What the next entry chains to. */
  readonly link: Id
  /** Absent when the slot is void. */
  readonly entry?: JournalEntry
  /** What the journal key opens. */
  readonly details?: object
  readonly voidReason?: VoidReason
  /** Whether the entry has no effect, since its details do not open or contradict the clear fields. */
  readonly unreadable?: true
  /** The events in an audit batch. */
  readonly records?: readonly SpooledLine[]
}

export interface SpooledLine {
  readonly record?: KnownRecord
  readonly details?: object
  /** Why it does not count. */
  readonly problem?: RecordProblem
}

export interface EntriesOptions {
  /** First sequence to tell; the entries before are verified all the same. */
  readonly from?: number
}

export interface LogContext {
  readonly store: ObjectStore
  readonly genesis: Genesis
  /** Where the log ends, as it is known. */
  readonly head: Head
  readonly journalKey: Uint8Array | undefined
}

/**
 * The log up to a known head, replayed from the genesis entry, so that each void slot and each record of an audit batch is judged
 * by the roles of its own time.
 * @throws {StopError} `journal-fork`, `journal-rollback`, `journal-omission` when the store no longer has that history.
 */
export async function* journalLines(
  { store, genesis, head, journalKey }: LogContext,
  { from = 0 }: EntriesOptions,
): AsyncIterable<JournalLine> {
  const state = genesisState(genesis, journalKey)
  const seen = new Set<string>()
  if (from === 0) {
    const details = journalKey && readDetails(genesis.entry, GENESIS_EVENT, journalKey)
    yield { sequence: 0, link: genesis.id, entry: genesis.entry, ...(details && { details }) }
  }
  for await (const slot of head.sequence > 0 ? readSlots(store, 1) : []) {
    const applied = applySlot(state, slot, journalKey)
    const line = lineOf(state, applied, journalKey, seen)
    if (slot.sequence >= from) {
      yield line
    }
    if (slot.sequence === head.sequence) {
      break
    }
  }
  if (state.head.sequence < head.sequence) {
    throw rollback(head, state.head)
  }
  if (!samePin(state.head, head)) {
    throw fork(head, state.head)
  }
}

function lineOf(
  state: JournalState,
  { slot, link, entry, voidReason }: AppliedSlot,
  journalKey: Uint8Array | undefined,
  seen: Set<string>,
): JournalLine {
  const details = journalKey && entry && readDetails(entry, entry.event, journalKey)
  const batch = entry?.event === 'audit_batch' ? checkClear(entry.event, entry.clear).records : undefined
  return {
    sequence: slot.sequence,
    link,
    ...(entry && { entry }),
    ...(details && { details }),
    ...(voidReason && { voidReason }),
    ...(state.unreadable.has(slot.sequence) && { unreadable: true as const }),
    ...(batch && { records: batch.map((bytes) => spooledLine(state, bytes, journalKey, seen)) }),
  }
}

function spooledLine(state: JournalState, bytes: Uint8Array, journalKey: Uint8Array | undefined, seen: Set<string>): SpooledLine {
  const verdict = judgeRecord(state, bytes)
  if ('problem' in verdict) {
    return { problem: verdict.problem }
  }
  const { record } = verdict
  const operation = toHex(record.operation)
  const details = journalKey && readRecordDetails(record, record.event, journalKey)
  const twice = seen.has(operation)
  seen.add(operation)
  return { record, ...(details && { details }), ...(twice && { problem: 'twice' as const }) }
}
