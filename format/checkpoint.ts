// A checkpoint (SPEC §7.5): the state of the journal up to a sequence, sealed, so that a client need not replay everything.

import { exactly, type Id } from './bytes.ts'
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { type Chunker, readChunker, readSnapshotDetails, type SnapshotDetails } from './details.ts'
import { SEALING_KEY_BYTES } from './event-clear.ts'
import { type Features, featuresFromCbor, featuresToCbor } from './features.ts'
import { FormatError } from './format-error.ts'
import { checkHeader, newHeader } from './header.ts'
import { LIMITS } from './limits.ts'
import { type Member, memberToCbor, readMember } from './member.ts'
import { asArray, asBytes, asId, asUint, RecordReader } from './record-reader.ts'

export const CHECKPOINT_HEADER_BYTES = 80

const SHAPE = { name: 'checkpoint', magic: 'CAIRNCKP', headerBytes: CHECKPOINT_HEADER_BYTES, reserved: [9, 16] } as const

export interface CheckpointHeader {
  readonly repository: Id
  /** 32 bytes. */
  readonly salt: Uint8Array
}

export interface CheckpointMember extends Member {
  readonly label: string
}

export interface CheckpointSlot {
  readonly slot: Uint8Array
  readonly kind: string
  readonly member: Id
  readonly label: string
  /** Time of the entry that added it, in milliseconds since 1970. */
  readonly added: number
}

export interface CheckpointGrant {
  readonly grant: Uint8Array
  readonly member: Id
  readonly command: string
  readonly target: string
  readonly series: string
}

export interface CheckpointSnapshot {
  readonly sequence: number
  readonly manifest: Id
  readonly member: Id
  readonly details: SnapshotDetails
}

/** Everything that replaying the journal up to `sequence` gives. SPEC §7.5 */
export interface CheckpointState {
  readonly sequence: number
  /** Link of that sequence. */
  readonly hash: Id
  readonly members: readonly CheckpointMember[]
  readonly removed: readonly { readonly key: Uint8Array; readonly label: string }[]
  readonly features: Features
  /** By hexadecimal series tag. */
  readonly seriesNames: Readonly<Record<string, string>>
  readonly slots: readonly CheckpointSlot[]
  /** Manifest ids by tag name. The record has no prototype when it was decoded. */
  readonly tags: Readonly<Record<string, Id>>
  readonly grants: readonly CheckpointGrant[]
  /** Attestations (SPEC §6.4) of packs, joined. */
  readonly attested: Uint8Array
  readonly snapshots: readonly CheckpointSnapshot[]
  readonly sealing: readonly { readonly epoch: number; readonly key: Uint8Array }[]
  readonly name: string
  readonly chunker: Chunker
  /** Sequences of void slots. */
  readonly voids: readonly number[]
}

/** The first 80 bytes of a checkpoint. SPEC §7.5 */
export function encodeCheckpointHeader(fields: CheckpointHeader): Buffer {
  const header = newHeader(SHAPE)
  exactly(fields.repository, 32, 'checkpoint-repository', 'the repository id').copy(header, 16)
  exactly(fields.salt, 32, 'checkpoint-salt', 'the salt').copy(header, 48)
  return header
}

/**
 * The header at the start of a checkpoint. SPEC §7.5
 * @throws {FormatError} `checkpoint-*` when it is none.
 */
export function decodeCheckpointHeader(object: Uint8Array): CheckpointHeader {
  const header = checkHeader(SHAPE, object)
  return { repository: header.subarray(16, 48), salt: header.subarray(48, CHECKPOINT_HEADER_BYTES) }
}

/** The raw state. SPEC §7.5 */
export function encodeCheckpoint(state: CheckpointState): Buffer {
  const { members, features, sealing, snapshots, ...rest } = state
  return encodeCbor({
    ...rest,
    v: 1,
    members: members.map((member) => ({ ...memberToCbor(member), label: member.label })),
    features: featuresToCbor(features),
    sealing: sealing.map(({ epoch, key }) => [epoch, key]),
    snapshots: snapshots.map((snapshot) => ({ ...snapshot, details: { ...snapshot.details } })),
    slots: state.slots.map((slot) => ({ ...slot })),
    grants: state.grants.map((grant) => ({ ...grant })),
    removed: state.removed.map((member) => ({ ...member })),
  })
}

/**
 * The state of raw bytes. SPEC §7.5
 * @throws {FormatError} `checkpoint-*` when it is none.
 */
export function decodeCheckpoint(raw: Uint8Array): CheckpointState {
  if (raw.length > LIMITS.checkpointRawBytes) throw new FormatError('checkpoint-too-large', `a checkpoint of ${raw.length} raw bytes`)
  const record = new RecordReader('checkpoint', decodeCbor(raw, 'checkpoint'))
  record.version('v', 1)
  const state: CheckpointState = {
    sequence: record.uint('sequence'),
    hash: record.bytes('hash', 32),
    members: record.array('members', readCheckpointMember, { min: 1, max: LIMITS.members }),
    removed: record.array('removed', readRemoved),
    features: featuresFromCbor(record.value('features')),
    seriesNames: record.texts('seriesNames'),
    slots: record.array('slots', readSlot, { max: LIMITS.keySlots }),
    tags: record.map('tags', asId),
    grants: record.array('grants', readGrant),
    attested: readAttested(record),
    snapshots: record.array('snapshots', readSnapshot),
    sealing: record.array('sealing', readSealing, { min: 1 }),
    name: record.text('name'),
    chunker: readChunker(record),
    voids: record.array('voids', asUint),
  }
  record.end()
  return state
}

function readCheckpointMember(value: CborValue): CheckpointMember {
  const record = new RecordReader('checkpoint-member', value)
  const member = { ...readMember(record), label: record.text('label') }
  record.end()
  return member
}

function readRemoved(value: CborValue): { key: Buffer; label: string } {
  const record = new RecordReader('checkpoint-removed', value)
  const removed = { key: record.bytes('key', 32), label: record.text('label') }
  record.end()
  return removed
}

function readSlot(value: CborValue): CheckpointSlot {
  const record = new RecordReader('checkpoint-slot', value)
  const slot = {
    slot: record.bytes('slot', 16),
    kind: record.text('kind'),
    member: record.bytes('member', 32),
    label: record.text('label'),
    added: record.int('added'),
  }
  record.end()
  return slot
}

function readGrant(value: CborValue): CheckpointGrant {
  const record = new RecordReader('checkpoint-grant', value)
  const grant = {
    grant: record.bytes('grant', 16),
    member: record.bytes('member', 32),
    command: record.text('command'),
    target: record.text('target'),
    series: record.text('series'),
  }
  record.end()
  return grant
}

function readAttested(record: RecordReader): Buffer {
  const attested = record.bytes('attested')
  if (attested.length % 32 !== 0) record.refuse('attested', `has ${attested.length} bytes, which is no whole number of ids`)
  return attested
}

function readSnapshot(value: CborValue): CheckpointSnapshot {
  const record = new RecordReader('checkpoint-snapshot', value)
  const details = new RecordReader('checkpoint-details', record.value('details'))
  const snapshot = {
    sequence: record.uint('sequence'),
    manifest: record.bytes('manifest', 32),
    member: record.bytes('member', 32),
    details: readSnapshotDetails(details),
  }
  details.end()
  record.end()
  return snapshot
}

function readSealing(value: CborValue, code: string, what: string): { epoch: number; key: Buffer } {
  const [epoch, key, ...rest] = asArray(value, code, what)
  if (epoch === undefined || key === undefined || rest.length > 0) throw new FormatError(code, `${what} is not an epoch and a key`)
  return { epoch: asUint(epoch, code, what), key: asBytes(key, code, what, SEALING_KEY_BYTES) }
}
