import { StoreError } from '../../errors.ts'
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

/**
 * Guards what only stands in the log: behind void slots it would shut out what was damaged there, and what a copy of the store may bring
 * back. They may have come while this process ran.
 * @throws {StoreError} `journal-void-end`
 */
export function assertNoVoidEnd(state: JournalState): void {
  const [first] = voidEnd(state)
  if (first === undefined) return
  throw new StoreError('journal-void-end', `The journal's slots from ${first.sequence} on are void.`, {
    hint: "See 'Void slots at the end' in docs/recovery.md.",
  })
}
