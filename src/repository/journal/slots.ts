import type { Id } from '../../../format/bytes.ts'
import { LIMITS } from '../../../format/limits.ts'
import { journalKey, parseStoreKey } from '../../../format/store-key.ts'
import { StopError } from '../../errors.ts'
import { sha256 } from '../crypto/hash.ts'
import type { ObjectStore } from '../store/object-store.ts'

/** What lies at one sequence of the journal, valid or not. */
export interface Slot {
  readonly sequence: number
  /** At most 1 MiB and one byte: enough to see that it is too long. */
  readonly bytes: Buffer
  /** SHA-256 of the object's first 1,048,576 bytes. SPEC §7.1 */
  readonly hash: Id
}

/** How many slots are read at once while their presence is known from a listing. */
const READ_AHEAD = 16

/** Reads one slot, whole or its first MiB; undefined when it is absent. */
export async function readSlot(store: ObjectStore, sequence: number): Promise<Slot | undefined> {
  const length = LIMITS.journalSlotBytes + 1
  const bytes = await store.get(journalKey(sequence), { maxBytes: length, range: { offset: 0, length } })
  return bytes === undefined ? undefined : { sequence, bytes, hash: slotHash(bytes) }
}

/** The slot hash of an object's bytes. SPEC §7.1 */
export function slotHash(bytes: Uint8Array): Buffer {
  return sha256(bytes.subarray(0, LIMITS.journalSlotBytes))
}

/**
 * Reads every slot from `from` to the journal's end: what a listing shows, then one by one until a slot is absent, since a
 * listing may be stale. SPEC §7.3
 * @throws {StopError} `journal-omission` at a slot that is absent though later ones exist.
 */
export async function* readSlots(store: ObjectStore, from: number): AsyncIterable<Slot> {
  const last = await lastListed(store, from)
  let sequence = from
  for (; sequence <= last; sequence += READ_AHEAD) {
    const batch = Array.from({ length: Math.min(READ_AHEAD, last - sequence + 1) }, (_, i) => readSlot(store, sequence + i))
    for (const [i, slot] of (await Promise.all(batch)).entries()) {
      if (slot === undefined) {
        throw omission(sequence + i, last)
      }
      yield slot
    }
  }
  yield* probe(store, Math.max(from, last + 1))
}

/** Reads the slots from `last` down to `first`, both included, as many at once as were read before; those that are absent are left out. */
export async function* readSlotsBackwards(store: ObjectStore, last: number, first: number): AsyncIterable<Slot> {
  for (let end = last; end >= first; ) {
    const count = Math.min(Math.max(1, last - end), READ_AHEAD, end - first + 1)
    const batch = await Promise.all(Array.from({ length: count }, (_, i) => readSlot(store, end - i)))
    yield* batch.filter((slot) => slot !== undefined)
    end -= count
  }
}

/** Reads slots one by one until one is absent; for whoever knows that a listing was asked. */
export async function* probe(store: ObjectStore, from: number): AsyncIterable<Slot> {
  for (let sequence = from; ; sequence += 1) {
    const slot = await readSlot(store, sequence)
    if (slot === undefined) {
      return
    }
    yield slot
  }
}

/** The highest sequence from `from` on that a listing shows; −1 when it shows none. */
export async function lastListed(store: ObjectStore, from: number): Promise<number> {
  let last = -1
  for await (const { key } of store.list('journal/', from > 0 ? { after: journalKey(from - 1) } : {})) {
    const parsed = parseStoreKey(key)
    last = parsed.kind === 'journal' ? parsed.sequence : last
  }
  return last
}

/**
 * Whether a listing shows every slot up to `head`; what this client verified before is not read again. SPEC §9.2.1
 * @throws {StopError} `journal-omission`
 */
export async function assertNoneMissing(store: ObjectStore, head: number): Promise<void> {
  let next = 0
  for await (const { key } of store.list('journal/')) {
    if (next > head) return
    if (key !== journalKey(next) && (await readSlot(store, next)) === undefined) throw omission(next, head)
    next += 1
  }
  // A listing may be stale at its end.
  for (; next <= head; next++) if ((await readSlot(store, next)) === undefined) throw omission(next, head)
}

/** A slot is absent though later ones exist. */
export function omission(missing: number, last: number): StopError {
  return new StopError('journal-omission', `Journal entry ${missing} is missing, though entry ${last} exists.`, {
    hint: 'Somebody removed a part of the journal, or the store lost it. Compare with another copy before you write anything.',
    fields: { missingSequence: missing, lastSequence: last },
  })
}
