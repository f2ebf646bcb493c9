// What the next entry chains to. A valid entry holds the link before it in its signed bytes, so its own hash vouches for all
// that came before. A void slot holds nothing that can be trusted: its link takes in the link before. Were it the slot's hash
// alone, whoever can write to the store could turn one slot into junk, and with it the next (its chain broken), while the one
// after that chained to unchanged bytes and stayed valid: two entries gone unseen, a revocation among them.

import type { Id } from '../../../format/bytes.ts'
import { voidLinkInput } from '../../../format/derivations.ts'
import { sha256 } from '../crypto/hash.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { readSlot, type Slot } from './slots.ts'
import type { JournalState } from './state.ts'

/** The link of a void slot; that of a valid one is its slot hash. SPEC §7.1 */
export function voidLink(before: Id, { hash }: Slot): Buffer {
  return sha256(voidLinkInput(before, hash))
}

/**
 * The link at the state's head as the store has it now, from the last valid entry on; undefined when a slot is absent. It
 * equals the head's hash as long as nobody rolled back or rewrote what the state was made from.
 */
export async function linkAtHead(store: ObjectStore, { head, voids }: JournalState): Promise<Id | undefined> {
  let sequence = head.sequence
  while (voids.has(sequence)) {
    sequence -= 1
  }
  let link: Id = Buffer.alloc(32)
  for (; sequence <= head.sequence; sequence += 1) {
    const slot = await readSlot(store, sequence)
    if (slot === undefined) {
      return undefined
    }
    link = voids.has(sequence) ? voidLink(link, slot) : slot.hash
  }
  return link
}
