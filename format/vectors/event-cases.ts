import type { CborRecord, CborValue } from '../cbor.ts'
import { encodeCbor } from '../cbor.ts'
import { encodeDetails } from '../details.ts'
import { features, snapshotDetails } from './fixtures.ts'
import { accept, edit, fill, reject, type Vector } from './vector.ts'

const owner = { key: fill(32, 1), roles: ['owner', 'reader'] }
const writer = { key: fill(32, 2), roles: ['writer'], series: [fill(16, 3)] }
const genesis = { version: 1, sealing: fill(1216, 4), keys: fill(32, 5), members: [owner, writer], features }
const grown = { add: [writer], remove: [fill(32, 6)] }

function good(event: string, name: string, description: string, clear: CborRecord): Vector {
  return accept('event-clear', name, description, clear, { event })
}

function bad(event: string, error: string, name: string, description: string, clear: CborRecord): Vector {
  return reject('event-clear', error, name, description, encodeCbor(clear), { event })
}

function badGenesis(error: string, name: string, description: string, change: CborRecord): Vector {
  return bad('repository_created', error, `genesis-${name}`, description, { ...genesis, ...change })
}

function badMember(error: string, name: string, description: string, change: CborRecord): Vector {
  return bad('permission_change', error, `member-${name}`, description, { add: [{ ...writer, ...change }], remove: [] })
}

const clearCases: readonly Vector[] = [
  good('repository_created', 'genesis', 'an owner and a writer of one series', genesis),
  good('snapshot_created', 'snapshot', 'a snapshot', { manifest: fill(32, 1), series: fill(16, 2) }),
  good('tag_set', 'tag', 'a tag', { manifest: fill(32, 1) }),
  good('permission_change', 'permission', 'one member added, one removed', grown),
  good('key_slot_added', 'key-slot', 'a passphrase slot', { slot: fill(16, 1), kind: 'passphrase', member: fill(32, 2) }),
  good('checkpoint', 'checkpoint', 'a checkpoint', { state: fill(32, 1), sequence: 41 }),
  good('attest', 'attest', 'two packs', { packs: fill(64, 1) }),
  good('features_set', 'features', 'features of two kinds', { ...features, read: ['a-1', 'b'], delete: ['hold'] }),
  good('grant_issued', 'grant', 'a grant', { grant: fill(16, 1), member: fill(32, 2) }),
  good('journal_accepted', 'accepted', 'a journal that was cut', { sequence: 3, hash: fill(32, 1) }),
  good('audit_batch', 'audit', 'a record from a spool', { records: [fill(70, 1)] }),
  good('verify_completed', 'free', 'an event without clear fields', {}),
  bad('moon_phase', 'event-unknown', 'unknown', 'an event that is not in the list', {}),
  bad('prune_swept', 'event-reserved', 'reserved', 'an event that a later version defines', {}),
  bad('backup_started', 'backup-started-unknown-key', 'free-key', 'a clear field where the event has none', { host: 'laptop' }),
  bad('tag_set', 'tag-set-missing-key', 'tag-manifest', 'a tag without a manifest', {}),
  bad('tag_removed', 'tag-removed-unknown-key', 'tag-name', 'a tag with its name in the clear', { manifest: fill(32, 1), name: 'v1' }),
  bad('snapshot_created', 'snapshot-created-series', 'series-tag', 'a series tag of 15 bytes', {
    manifest: fill(32, 1),
    series: fill(15, 1),
  }),
  bad('checkpoint', 'checkpoint-sequence', 'checkpoint-sequence', 'a negative sequence', { state: fill(32, 1), sequence: -1 }),
  bad('attest', 'attest-packs', 'attest-length', 'an id and a byte', { packs: fill(33, 1) }),
  bad('grant_revoked', 'grant-revoked-grant', 'grant-length', 'a grant of 15 bytes', { grant: fill(15, 1) }),
  bad('journal_accepted', 'journal-accepted-hash', 'accepted-hash', 'a slot hash of 31 bytes', { sequence: 3, hash: fill(31, 1) }),
  bad('key_slot_removed', 'key-slot-removed-slot', 'slot-id', 'a slot id of 32 bytes', {
    slot: fill(32, 1),
    kind: 'recovery',
    member: fill(32, 2),
  }),
  bad('audit_batch', 'audit-batch-records', 'audit-empty', 'no records', { records: [] }),
  bad('audit_batch', 'audit-batch-records', 'audit-type', 'a record that is a text', { records: ['x'] }),
  bad('features_set', 'features-set-missing-key', 'features-missing', 'no list for delete', { read: [], write: [], check: [] }),
  bad('features_set', 'features-name', 'features-name', 'a feature in upper case', { ...features, write: ['Fast'] }),
  bad('features_set', 'features-order', 'features-order', 'features that descend', { ...features, write: ['b', 'a'] }),
  bad('features_set', 'features-order', 'features-twice', 'a feature twice', { ...features, check: ['a', 'a'] }),
  badGenesis('repository-created-version', 'version', 'version 2', { version: 2 }),
  badGenesis('repository-created-sealing', 'sealing', 'a sealing key of 1,215 bytes', { sealing: fill(1215, 4) }),
  badGenesis('repository-created-members', 'no-member', 'no members', { members: [] }),
  badGenesis('genesis-owner', 'owner', 'a first member who is no owner', { members: [writer, owner] }),
  badGenesis('member-twice', 'twice', 'a member twice', { members: [owner, owner] }),
  badGenesis('features-unknown-key', 'features', 'a fifth list of features', { features: { ...features, extra: [] } }),
  badMember('member-key', 'key', 'a key of 31 bytes', { key: fill(31, 2) }),
  badMember('member-role', 'role', 'a role that does not exist', { roles: ['admin'] }),
  badMember('member-role-twice', 'role-twice', 'a role twice', { roles: ['writer', 'writer'] }),
  badMember('member-roles', 'no-role', 'no role', { roles: [] }),
  badMember('member-series', 'series', 'a series tag of 32 bytes', { series: [fill(32, 3)] }),
  badMember('member-unknown-key', 'label', 'a label in the clear', { label: 'laptop' }),
  bad('permission_change', 'permission-change-remove', 'remove', 'a member id of 31 bytes', { add: [], remove: [fill(31, 1)] }),
]

function details(event: string, name: string, description: string, value: CborRecord): Vector {
  return accept('event-details', name, description, value, { event })
}

function badDetails(event: string, error: string, name: string, description: string, value: CborValue): Vector {
  return reject('event-details', error, name, description, encodeCbor(value), { event })
}

const snapshot = encodeDetails('snapshot_created', snapshotDetails)
const grant = { command: 'restore', target: '/srv', series: 'storage', reason: 'drill' }
const accepted = { reason: 'restored from a copy', lostSequence: 9, lostHash: fill(32, 1) }

/** Clear fields and details of events. SPEC §7.2, §7.4 */
export const eventCases: readonly Vector[] = [
  ...clearCases,
  details('repository_created', 'genesis', 'name, chunker and labels', {
    name: 'home',
    chunker: [262_144, 1_048_576, 4_194_304],
    labels: { ['01'.repeat(32)]: 'alice' },
  }),
  details('snapshot_created', 'snapshot', 'a snapshot', snapshotDetails),
  details('tag_set', 'tag', 'a tag', { name: 'release/v1' }),
  details('tag_removed', 'tag-by-agent', 'a tag that an agent took away', { name: 'release/v1', actor: 'agent:refactor' }),
  details('grant_issued', 'grant', 'a grant', grant),
  details('journal_accepted', 'accepted', 'what was lost', accepted),
  details('backup_failed', 'free', 'a free map', { error: 'store-no-space', bytes: 12, path: fill(3, 0x61) }),
  badDetails('repository_created', 'repository-created-details-chunker', 'chunker', 'a chunker of two sizes', {
    name: 'home',
    chunker: [1, 2],
    labels: {},
  }),
  badDetails('tag_set', 'tag-set-details-actor', 'tag-actor', 'a tag by an actor who is a number', { name: 'v1', actor: 1 }),
  badDetails('tag_set', 'series-name', 'tag-name', 'a tag with a name that is not allowed', { name: 'latest' }),
  badDetails('journal_accepted', 'journal-accepted-details-lost-hash', 'lost-hash', 'a hash of 31 bytes', {
    ...accepted,
    lostHash: fill(31, 1),
  }),
  badDetails('grant_issued', 'grant-issued-details-missing-key', 'grant-missing', 'a grant without a reason', {
    command: 'a',
    target: '',
    series: '',
  }),
  badDetails('backup_failed', 'backup-failed-details-form', 'free-form', 'a list', []),
  badDetails('attest', 'attest-details-unknown-key', 'none', 'details where the event has none', { note: 'x' }),
  reject(
    'event-details',
    'snapshot-created-details-complete',
    'snapshot-complete',
    'complete is a text',
    edit(snapshot, ['complete'], 'yes'),
    {
      event: 'snapshot_created',
    },
  ),
  reject(
    'event-details',
    'snapshot-created-details-parents',
    'snapshot-parents',
    'a parent of 16 bytes',
    edit(snapshot, ['parents', 0], fill(16, 1)),
    {
      event: 'snapshot_created',
    },
  ),
]
