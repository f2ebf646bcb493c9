import type { JournalState, VoidReason } from './state.ts'

export interface VoidSlot {
  readonly sequence: number
  readonly reason: VoidReason
}

/**
 * The void slots at the journal's end, in order. Whoever wrote after a void slot saw it as it is; of the last ones nobody can tell
 * without a pin whether they are junk, or entries that were damaged.
 */
export function voidEnd({ head, voids }: Pick<JournalState, 'head' | 'voids'>): VoidSlot[] {
  const slots: VoidSlot[] = []
  for (let { sequence } = head; voids.has(sequence); sequence--) slots.unshift({ sequence, reason: voids.get(sequence)! })
  return slots
}
