import { equalBytes, type Id } from '../../../format/bytes.ts'
import { checkClear } from '../../../format/events.ts'
import { decodeJournalEntry, decodeSigned } from '../../../format/journal.ts'
import { LIMITS } from '../../../format/limits.ts'
import { checkpointKey } from '../../../format/store-key.ts'
import { FormatError, IntegrityError } from '../../errors.ts'
import { sha256 } from '../crypto/hash.ts'
import { verifySignature } from '../crypto/signing.ts'
import { openCheckpoint } from '../crypto/symmetric.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { Genesis } from './genesis.ts'
import { linkAtHead } from './links.ts'
import { lastListed, readSlotsBackwards, type Slot } from './slots.ts'
import { type DraftState, stateFromCheckpoint } from './state.ts'

/** An owner writes a checkpoint when the journal has passed a multiple of this. */
export const CHECKPOINT_EVERY = 256

/** How far back from the listed end a checkpoint is looked for. */
const SEARCH_SLOTS = 2 * CHECKPOINT_EVERY

/** Sealing adds header, nonce-less frame and tag; zstd may add a little to what does not shrink. */
const CHECKPOINT_BYTES = LIMITS.checkpointRawBytes + (1 << 20)

/**
 * The newest checkpoint that the first member signed, whom the repository id pins; undefined when there is none near the
 * journal's end, or it is of no use: then the replay starts at the genesis entry. SPEC §7.5
 */
export async function findCheckpoint(store: ObjectStore, genesis: Genesis, journalKey: Uint8Array): Promise<FoundCheckpoint | undefined> {
  const last = await lastListed(store, 1)
  for await (const slot of readSlotsBackwards(store, last, Math.max(1, last - SEARCH_SLOTS + 1))) {
    const named = namedCheckpoint(slot, genesis)
    const state = named && (await loadCheckpoint(store, genesis, named, journalKey))
    if (state !== undefined) {
      return { state, namedAt: slot.sequence }
    }
  }
  return undefined
}

/** A state to start from; it counts only if the replay finds the entry that names it valid. */
export interface FoundCheckpoint {
  readonly state: DraftState
  /** Sequence of the entry that names it. */
  readonly namedAt: number
}

interface NamedCheckpoint {
  readonly state: Id
  readonly sequence: number
}

/** The checkpoint that a slot names under the first member's signature. */
function namedCheckpoint(slot: Slot, genesis: Genesis): NamedCheckpoint | undefined {
  return ifSound(() => {
    const [inner, signature] = decodeSigned(slot.bytes, LIMITS.journalSlotBytes)
    const entry = decodeJournalEntry(inner)
    const first = genesis.clear.members[0]!
    if (entry.event !== 'checkpoint' || entry.sequence !== slot.sequence || !equalBytes(entry.member, genesis.entry.member)) {
      return undefined
    }
    const named = checkClear(entry.event, entry.clear)
    const signed = equalBytes(entry.repository, genesis.id) && verifySignature('journal-entry', genesis.id, first.key, inner, signature)
    return signed && named.sequence < slot.sequence ? named : undefined
  })
}

async function loadCheckpoint(
  store: ObjectStore,
  { id: repository }: Genesis,
  named: NamedCheckpoint,
  journalKey: Uint8Array,
): Promise<DraftState | undefined> {
  const object = await store.get(checkpointKey(named.state), { maxBytes: CHECKPOINT_BYTES })
  if (object === undefined || !equalBytes(sha256(object), named.state)) {
    return undefined
  }
  const state = ifSound(() => stateFromCheckpoint(repository, openCheckpoint(object, { repository, journalKey })))
  if (state === undefined || state.head.sequence !== named.sequence) {
    return undefined
  }
  const link = await linkAtHead(store, state)
  return link !== undefined && equalBytes(link, state.head.hash) ? state : undefined
}

/** A checkpoint is a short cut: one that is damaged costs the full replay, which decides everything. */
function ifSound<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof FormatError || error instanceof IntegrityError) {
      return undefined
    }
    throw error
  }
}
