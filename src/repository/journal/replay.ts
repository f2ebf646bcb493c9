import type { Id } from '../../../format/bytes.ts'
import { applyEntry } from './effects.ts'
import { voidLink } from './links.ts'
import type { Slot } from './slots.ts'
import type { DraftState, VoidReason } from './state.ts'
import { judge, type KnownEntry } from './validity.ts'

/** A slot and what became of it. */
export interface AppliedSlot {
  readonly slot: Slot
  /** What the next entry chains to. */
  readonly link: Id
  /** The entry, when the slot is valid. */
  readonly entry?: KnownEntry
  /** Why the slot is void. */
  readonly voidReason?: VoidReason
}

/**
 * Applies the slot that follows the state's head: a valid entry has its effect, a void one none, and both are chained. SPEC §7.3
 * @throws {StopError} `newer-repository` as in `judge`; the state is as it was.
 */
export function applySlot(state: DraftState, slot: Slot, journalKey: Uint8Array | undefined): AppliedSlot {
  const verdict = judge(state, slot)
  const { sequence } = slot
  if ('entry' in verdict) {
    if (!applyEntry(state, verdict.entry, journalKey)) {
      state.unreadable.add(sequence)
    }
    state.head = { sequence, hash: slot.hash }
    state.lastEntry = state.head
    return { slot, link: slot.hash, entry: verdict.entry }
  }
  const link = voidLink(state.head.hash, slot)
  state.voids.set(sequence, verdict.reason)
  state.head = { sequence, hash: link }
  return { slot, link, voidReason: verdict.reason }
}
