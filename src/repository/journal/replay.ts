import { applyEntry } from './effects.ts'
import type { Slot } from './slots.ts'
import type { DraftState, VoidReason } from './state.ts'
import { judge, type KnownEntry } from './validity.ts'

/** A slot and what became of it. */
export interface AppliedSlot {
  readonly slot: Slot
  /** The entry, when the slot is valid. */
  readonly entry?: KnownEntry
  /** Why it is void, or why it has no effect (`details`). */
  readonly voidReason?: VoidReason
}

/**
 * Applies the slot that follows the state's head: a valid entry has its effect, a void one none, and both are chained. SPEC §7.3
 * @throws {StopError} `newer-repository` as in `judge`; the state is as it was.
 */
export function applySlot(state: DraftState, slot: Slot, journalKey: Uint8Array | undefined): AppliedSlot {
  const verdict = judge(state, slot)
  const applied = 'entry' in verdict ? take(state, slot, verdict.entry, journalKey) : { slot, voidReason: verdict.reason }
  if (applied.voidReason !== undefined) {
    state.voids.set(slot.sequence, applied.voidReason)
  }
  state.head = { sequence: slot.sequence, hash: slot.hash }
  return applied
}

function take(state: DraftState, slot: Slot, entry: KnownEntry, journalKey: Uint8Array | undefined): AppliedSlot {
  return applyEntry(state, entry, journalKey) ? { slot, entry } : { slot, entry, voidReason: 'details' }
}
