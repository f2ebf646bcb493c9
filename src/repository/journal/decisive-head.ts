import { type EventName, isEventName, SPOOLABLE } from '../../../format/events.ts'
import { decodeJournalEntry, decodeSigned } from '../../../format/journal.ts'
import { LIMITS } from '../../../format/limits.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { Head } from './pins.ts'
import { omission, readSlot } from './slots.ts'
import type { JournalState } from './state.ts'

/** Entries that only stand in the log, or only shorten a later opening: no plan depends on them. */
const LOG_ONLY: ReadonlySet<string> = new Set<EventName>([...SPOOLABLE, 'audit_batch', 'checkpoint', 'attest'])

/**
 * The last entry that means something: the journal's head, without the void slots and the log-only entries at its end. A plan
 * is bound to it, so that logging the plan does not change it, and whatever could change it does.
 */
export async function decisiveHead(store: ObjectStore, { head, voids }: JournalState): Promise<Head> {
  for (let { sequence } = head; sequence > 0; sequence -= 1) {
    if (voids.has(sequence)) continue
    const slot = await readSlot(store, sequence)
    if (slot === undefined) throw omission(sequence, head.sequence)
    const { event } = decodeJournalEntry(decodeSigned(slot.bytes, LIMITS.journalSlotBytes)[0])
    if (!isEventName(event) || !LOG_ONLY.has(event)) return { sequence, hash: slot.hash }
  }
  return { sequence: 0, hash: head.sequence === 0 ? head.hash : ((await readSlot(store, 0))?.hash ?? head.hash) }
}
