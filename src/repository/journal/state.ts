import { concat, type Id, toHex } from '../../../format/bytes.ts'
import {
  type CheckpointGrant,
  type CheckpointSlot,
  type CheckpointSnapshot,
  type CheckpointState,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../../../format/checkpoint.ts'
import type { Chunker } from '../../../format/details.ts'
import type { Features } from '../../../format/features.ts'
import type { Member } from '../../../format/member.ts'
import { FormatError } from '../../errors.ts'
import { memberId } from '../crypto/signing.ts'
import type { Head } from './pins.ts'

/** Why a slot is void (SPEC §7.3). `recorded`: known from a stored state. */
export type VoidReason =
  | 'oversize'
  | 'form'
  | 'repository'
  | 'sequence'
  | 'chain'
  | 'member'
  | 'signature'
  | 'event'
  | 'role'
  | 'clear'
  | 'series'
  | 'no-owner'
  | 'limit'
  | 'recorded'

export interface JournalMember extends Member {
  readonly id: Id
  readonly label: string
}

export type JournalKeySlot = CheckpointSlot
export type JournalGrant = CheckpointGrant
export type SnapshotRecord = CheckpointSnapshot

/**
 * What the journal says, up to its head. Ids as keys are hexadecimal. Without the journal key there are no names: `snapshots`,
 * `heads`, `tags`, `grants` and `seriesNames` stay empty, labels too.
 */
export interface JournalState {
  readonly repository: Id
  readonly head: Head
  readonly name: string
  readonly chunker: Chunker
  /** By member id. */
  readonly members: ReadonlyMap<string, JournalMember>
  /** Who was a member once and is none now, by member id: old signatures are checked with these keys. */
  readonly removed: ReadonlyMap<string, { readonly key: Uint8Array; readonly label: string }>
  readonly features: Features
  /** By series tag. */
  readonly seriesNames: ReadonlyMap<string, string>
  /** By slot id. */
  readonly slots: ReadonlyMap<string, JournalKeySlot>
  /** Manifest by tag name. */
  readonly tags: ReadonlyMap<string, Id>
  /** By grant id. */
  readonly grants: ReadonlyMap<string, JournalGrant>
  /** Packs that a reader has verified, by id. */
  readonly attested: ReadonlySet<string>
  /** Oldest first. */
  readonly snapshots: readonly SnapshotRecord[]
  /** The newest snapshot of each series, by series name. */
  readonly heads: ReadonlyMap<string, SnapshotRecord>
  /** Ascending by epoch. */
  readonly sealing: readonly { readonly epoch: number; readonly key: Uint8Array }[]
  readonly voids: ReadonlyMap<number, VoidReason>
  /** Valid entries without effect, since their details do not open or contradict the clear fields; those of this replay only. */
  readonly unreadable: ReadonlySet<number>
  /** Up to here a checkpoint is known, or need not be known: where the replay began. */
  readonly checkpointed: number
  /** The head, or what was it before void slots followed: an entry may yet be put back in place of a damaged one. */
  readonly lastEntry: Head
}

/** The state while slots are applied to it; nobody else sees it as writable. */
export interface DraftState extends JournalState {
  head: Head
  lastEntry: Head
  features: Features
  readonly members: Map<string, JournalMember>
  readonly removed: Map<string, { readonly key: Uint8Array; readonly label: string }>
  readonly seriesNames: Map<string, string>
  readonly slots: Map<string, JournalKeySlot>
  readonly tags: Map<string, Id>
  readonly grants: Map<string, JournalGrant>
  readonly attested: Set<string>
  readonly snapshots: SnapshotRecord[]
  readonly heads: Map<string, SnapshotRecord>
  readonly voids: Map<number, VoidReason>
  readonly unreadable: Set<number>
  checkpointed: number
}

/** Before the state itself: up to where a checkpoint is known, big-endian. */
const CHECKPOINTED_BYTES = 8

/**
 * The bytes of a state as of its last entry, for a client to keep: a checkpoint's raw content (SPEC §7.5), and up to where one is known.
 * Without that, no client would see a checkpoint become due whose process ended when the multiple was passed.
 */
export function encodeState(state: JournalState): Buffer {
  const checkpointed = Buffer.alloc(CHECKPOINTED_BYTES)
  checkpointed.writeBigUInt64BE(BigInt(state.checkpointed))
  const head = state.lastEntry
  const voids = new Map([...state.voids].filter(([sequence]) => sequence < head.sequence))
  return concat(checkpointed, encodeCheckpoint(stateToCheckpoint({ ...state, head, voids })))
}

/** @throws {FormatError} `state-checkpointed`, `checkpoint-*` when the bytes are no state. */
export function decodeState(repository: Id, bytes: Uint8Array): DraftState {
  const checkpointed = Number(`0x${toHex(bytes.subarray(0, CHECKPOINTED_BYTES))}`)
  if (!Number.isSafeInteger(checkpointed))
    throw new FormatError('state-checkpointed', 'a kept state does not say up to where a checkpoint is known')
  return { ...stateFromCheckpoint(repository, decodeCheckpoint(bytes.subarray(CHECKPOINTED_BYTES))), checkpointed }
}

export function stateToCheckpoint(state: JournalState): CheckpointState {
  return {
    sequence: state.head.sequence,
    hash: state.head.hash,
    members: [...state.members.values()].map(({ id: _id, ...member }) => member),
    removed: [...state.removed.values()],
    features: state.features,
    seriesNames: Object.fromEntries(state.seriesNames),
    slots: [...state.slots.values()],
    tags: Object.fromEntries(state.tags),
    grants: [...state.grants.values()],
    attested: concat(...[...state.attested].sort().map((hex) => Buffer.from(hex, 'hex'))),
    snapshots: state.snapshots,
    sealing: state.sealing,
    name: state.name,
    chunker: state.chunker,
    voids: [...state.voids.keys()],
  }
}

export function stateFromCheckpoint(repository: Id, stored: CheckpointState): DraftState {
  const { sequence, hash, features, sealing, name, chunker } = stored
  return {
    repository,
    head: { sequence, hash },
    lastEntry: { sequence, hash },
    name,
    chunker,
    features,
    sealing,
    members: new Map(stored.members.map((member) => withId(member)).map((member) => [toHex(member.id), member])),
    removed: new Map(stored.removed.map((member) => [toHex(memberId(member.key)), member])),
    seriesNames: new Map(Object.entries(stored.seriesNames)),
    slots: new Map(stored.slots.map((slot) => [toHex(slot.slot), slot])),
    tags: new Map(Object.entries(stored.tags)),
    grants: new Map(stored.grants.map((grant) => [toHex(grant.grant), grant])),
    attested: new Set(idsOf(stored.attested)),
    snapshots: [...stored.snapshots],
    heads: new Map(stored.snapshots.map((snapshot) => [snapshot.details.series, snapshot])),
    voids: new Map(stored.voids.map((void_) => [void_, 'recorded'])),
    unreadable: new Set(),
    checkpointed: sequence,
  }
}

/** A member as the state holds it. */
export function withId(member: Member & { readonly label: string }): JournalMember {
  return { ...member, id: memberId(member.key) }
}

/** The hexadecimal ids in joined ids of 32 bytes. */
export function idsOf(joined: Uint8Array): string[] {
  const hex = toHex(joined)
  return Array.from({ length: joined.length / 32 }, (_, i) => hex.slice(i * 64, i * 64 + 64))
}
