// The clear fields of each event that has some (SPEC §7.4). Whoever holds no key can check these.

import type { CborRecord, CborValue } from './cbor.ts'
import { type Features, featuresFromCbor, readFeatures } from './features.ts'
import { FormatError } from './format-error.ts'
import { LIMITS } from './limits.ts'
import { type Member, membersFromCbor, SERIES_TAG_BYTES } from './member.ts'
import { asArray, asBytes, asId, RecordReader } from './record-reader.ts'

/** The X-Wing public key of an epoch. */
export const SEALING_KEY_BYTES = 1216

export interface GenesisClear {
  readonly version: 1
  readonly sealing: Buffer
  /** keysCommitment of SPEC §4.1. */
  readonly keys: Buffer
  /** The first one signs, and is an owner. */
  readonly members: readonly Member[]
  readonly features: Features
}

function repositoryCreated(record: RecordReader): GenesisClear {
  record.version('version', 1)
  const clear = {
    version: 1 as const,
    sealing: record.bytes('sealing', SEALING_KEY_BYTES),
    keys: record.bytes('keys', 32),
    members: readMembers(record, 'members'),
    features: featuresFromCbor(record.value('features')),
  }
  const first = clear.members[0]
  if (first === undefined) record.refuse('members', 'has no member')
  if (!first.roles.includes('owner')) throw new FormatError('genesis-owner', 'the first member of the genesis entry is no owner')
  return clear
}

function snapshotCreated(record: RecordReader): { readonly manifest: Buffer; readonly series: Buffer } {
  return { manifest: record.bytes('manifest', 32), series: record.bytes('series', SERIES_TAG_BYTES) }
}

function tag(record: RecordReader): { readonly manifest: Buffer } {
  return { manifest: record.bytes('manifest', 32) }
}

function permissionChange(record: RecordReader): { readonly add: readonly Member[]; readonly remove: readonly Buffer[] } {
  return { add: readMembers(record, 'add'), remove: record.array('remove', asId, { max: LIMITS.members }) }
}

function keySlot(record: RecordReader): { readonly slot: Buffer; readonly kind: string; readonly member: Buffer } {
  return { slot: record.bytes('slot', 16), kind: record.text('kind'), member: record.bytes('member', 32) }
}

function checkpoint(record: RecordReader): { readonly state: Buffer; readonly sequence: number } {
  return { state: record.bytes('state', 32), sequence: record.uint('sequence') }
}

/** `packs` is attestations (SPEC §6.4) of 32 bytes each, joined. */
function attest(record: RecordReader): { readonly packs: Buffer } {
  const packs = record.bytes('packs')
  if (packs.length % 32 !== 0) record.refuse('packs', `has ${packs.length} bytes, which is no whole number of ids`)
  if (packs.length > LIMITS.attestedPacks * 32) record.refuse('packs', `has ${packs.length / 32} ids`)
  return { packs }
}

function grantIssued(record: RecordReader): { readonly grant: Buffer; readonly member: Buffer } {
  return { grant: record.bytes('grant', 16), member: record.bytes('member', 32) }
}

function grantRevoked(record: RecordReader): { readonly grant: Buffer } {
  return { grant: record.bytes('grant', 16) }
}

function journalAccepted(record: RecordReader): { readonly sequence: number; readonly hash: Buffer } {
  return { sequence: record.uint('sequence'), hash: record.bytes('hash', 32) }
}

function auditBatch(record: RecordReader): { readonly records: readonly Buffer[] } {
  return { records: record.array('records', asRecordBytes, { min: 1 }) }
}

function asRecordBytes(value: CborValue, code: string, what: string): Buffer {
  return asBytes(value, code, what)
}

function readMembers(record: RecordReader, key: string): Member[] {
  return membersFromCbor(asArray(record.value(key), `member-list`, JSON.stringify(key)))
}

/** How the clear fields of each event are read; events that are not here have none. */
export const clearReaders = {
  repository_created: repositoryCreated,
  snapshot_created: snapshotCreated,
  tag_set: tag,
  tag_removed: tag,
  permission_change: permissionChange,
  key_slot_added: keySlot,
  key_slot_removed: keySlot,
  checkpoint,
  attest,
  features_set: readFeatures,
  grant_issued: grantIssued,
  grant_revoked: grantRevoked,
  journal_accepted: journalAccepted,
  audit_batch: auditBatch,
} as const satisfies Record<string, (record: RecordReader) => object>

/** The clear fields of an event of the list. */
export function readClearFields(event: string, clear: CborRecord): object {
  const record = new RecordReader(event.replaceAll('_', '-'), clear)
  const read = Object.hasOwn(clearReaders, event) ? clearReaders[event as keyof typeof clearReaders] : undefined
  const fields = read?.(record) ?? {}
  record.end()
  return fields
}
