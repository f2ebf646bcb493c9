import { equalBytes, type Id, toHex } from '../../../format/bytes.ts'
import type { CborRecord } from '../../../format/cbor.ts'
import type { GenesisDetails } from '../../../format/details.ts'
import type { GenesisClear } from '../../../format/event-clear.ts'
import { checkClear } from '../../../format/events.ts'
import { type Features, featuresToCbor, NO_FEATURES } from '../../../format/features.ts'
import {
  decodeJournalEntry,
  decodeSigned,
  encodeJournalEntry,
  encodeSigned,
  GENESIS_EVENT,
  type JournalEntry,
} from '../../../format/journal.ts'
import { LIMITS } from '../../../format/limits.ts'
import { type Member, memberToCbor } from '../../../format/member.ts'
import { journalKey as slotKeyOf } from '../../../format/store-key.ts'
import { FormatError, IntegrityError, NotFoundError, UsageError } from '../../errors.ts'
import { now } from '../../runtime/clock.ts'
import { randomBytes } from '../../runtime/random.ts'
import { memberId, type SigningKey, verifySignature } from '../crypto/signing.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { readDetails, withDetails } from './entry-details.ts'
import { replaced } from './pins.ts'
import { readSlot, type Slot, slotHash } from './slots.ts'
import { type DraftState, withId } from './state.ts'

const ZERO_ID = Buffer.alloc(32)

/** Entry 0, checked: the trust root. SPEC §7.2 */
export interface Genesis {
  /** The repository id: SHA-256 of the whole object. */
  readonly id: Id
  readonly bytes: Buffer
  readonly entry: JournalEntry
  readonly clear: GenesisClear
}

export interface NewGenesis {
  readonly details: GenesisDetails
  /** X-Wing public key of epoch 0, 1,216 bytes. */
  readonly sealing: Uint8Array
  readonly keysCommitment: Uint8Array
  readonly journalKey: Uint8Array
  /** Of the first member, who becomes the owner. */
  readonly signing: SigningKey
  /** Members beside the first one, such as that of a recovery code. */
  readonly members?: readonly Member[]
  readonly features?: Features
}

/** Entry 0 of a new repository, not stored yet: key slots are wrapped for its id before. SPEC §3.2, §7.2 */
export function createGenesis(genesis: NewGenesis): Genesis {
  const { signing, details, journalKey, features = NO_FEATURES } = genesis
  const members: Member[] = [{ key: signing.publicKey, roles: ['owner'] }, ...(genesis.members ?? [])]
  const clear: CborRecord = {
    version: 1,
    sealing: genesis.sealing,
    keys: genesis.keysCommitment,
    members: members.map(memberToCbor),
    features: featuresToCbor(features),
  }
  const fields = { repository: ZERO_ID, sequence: 0, previous: ZERO_ID, operation: randomBytes(16), member: signing.memberId }
  const bare = { ...fields, event: GENESIS_EVENT, time: now(), clear, sealed: Buffer.alloc(0) }
  const inner = encodeJournalEntry(withDetails(bare, GENESIS_EVENT, details, journalKey))
  return decodeGenesis(encodeSigned([inner, signing.sign('journal-entry', ZERO_ID, inner)]))
}

/**
 * Stores entry 0; from then on there is a repository.
 * @throws {UsageError} `repository-exists` when there is another one already.
 */
export async function storeGenesis(store: ObjectStore, genesis: Genesis): Promise<void> {
  if ((await store.put(slotKeyOf(0), genesis.bytes)) === 'created') {
    return
  }
  const found = await readSlot(store, 0)
  if (found === undefined || !found.bytes.equals(genesis.bytes)) {
    throw exists(store, found)
  }
}

/** Before anything is written: a refusal must leave nothing behind. @throws {UsageError} `repository-exists` */
export async function assertNoRepository(store: ObjectStore): Promise<void> {
  const found = await readSlot(store, 0)
  if (found !== undefined) {
    throw exists(store, found)
  }
}

function exists(store: ObjectStore, found: Slot | undefined): UsageError {
  return new UsageError('repository-exists', `There is a repository at ${store.location} already.`, {
    hint: 'Name another place, or use the repository that is there.',
    fields: { repository: found === undefined ? undefined : toHex(found.hash) },
  })
}

/**
 * Reads entry 0 and checks it, against the repository id that is expected when one is. SPEC §9.1.2, §9.1.3
 * @throws {NotFoundError} `repository-not-found` when there is none.
 * @throws {StopError} `repository-replaced` when it is another repository's.
 * @throws {IntegrityError} `genesis-invalid` when it is not valid.
 */
export async function readGenesis(store: ObjectStore, expected?: Id): Promise<Genesis> {
  const slot = await readSlot(store, 0)
  if (slot === undefined) {
    throw new NotFoundError('repository-not-found', `There is no repository at ${store.location}.`, {
      hint: 'Check the path and that its disk is mounted; `cairn init` makes a new repository.',
    })
  }
  if (expected !== undefined && !equalBytes(slot.hash, expected)) {
    throw replaced(expected, slot.hash)
  }
  return decodeGenesis(slot.bytes)
}

/** @throws {IntegrityError} `genesis-invalid` when the bytes are no valid entry 0. */
function decodeGenesis(bytes: Buffer): Genesis {
  try {
    const [inner, signature] = decodeSigned(bytes, LIMITS.journalSlotBytes)
    const entry = decodeJournalEntry(inner)
    const clear = checkClear(GENESIS_EVENT, entry.clear)
    const [first] = clear.members
    if (entry.sequence !== 0 || first === undefined || !equalBytes(memberId(first.key), entry.member)) {
      throw invalid('it is not signed by its first member')
    }
    if (!verifySignature('journal-entry', ZERO_ID, first.key, inner, signature)) {
      throw invalid('its signature is wrong')
    }
    return { id: slotHash(bytes), bytes, entry, clear }
  } catch (error) {
    throw error instanceof FormatError ? invalid(error.message, error) : error
  }
}

/** The state after entry 0. */
export function genesisState({ id, entry, clear }: Genesis, journalKey?: Uint8Array): DraftState {
  const details = journalKey && readDetails(entry, GENESIS_EVENT, journalKey)
  const labelled = clear.members
    .map((member) => withId({ ...member, label: '' }))
    .map((member) => ({ ...member, label: details?.labels[toHex(member.id)] ?? '' }))
  return {
    repository: id,
    head: { sequence: 0, hash: id },
    lastEntry: { sequence: 0, hash: id },
    name: details?.name ?? '',
    chunker: details?.chunker ?? [0, 0, 0],
    features: clear.features,
    sealing: [{ epoch: 0, key: clear.sealing }],
    members: new Map(labelled.map((member) => [toHex(member.id), member])),
    removed: new Map(),
    seriesNames: new Map(),
    slots: new Map(),
    tags: new Map(),
    grants: new Map(),
    attested: new Set(),
    snapshots: [],
    heads: new Map(),
    voids: new Map(),
    unreadable: new Set(),
    checkpointed: 0,
  }
}

function invalid(why: string, cause?: unknown): IntegrityError {
  return new IntegrityError('genesis-invalid', `Journal entry 0 is not valid: ${why}.`, {
    hint: 'The repository is damaged, or somebody forged it. Look for another copy of the store.',
    ...(cause === undefined ? {} : { cause }),
  })
}
