// Journal entries, events, checkpoints and spool records.

import { fc } from '@fast-check/vitest'
import { SPOOLABLE } from '../../../format/events.ts'
import { ROLES } from '../../../format/member.ts'
import { anyCbor, bytes, characters, id, idHex, int, plain, record, type Sample, seriesName, someBytes, text, u32, uint } from './basic.ts'

const texts = record(text)
const feature = fc.string({ unit: characters('abz09-'), minLength: 1, maxLength: 32 })
const featureList = fc.uniqueArray(feature, { maxLength: 3 }).map((names) => names.sort())
export const features = fc.record({ read: featureList, write: featureList, check: featureList, delete: featureList })

const roles = fc.uniqueArray(fc.constantFrom(...ROLES), { minLength: 1 })
const member = fc.record(
  { key: id, roles, series: fc.array(bytes(16), { minLength: 1, maxLength: 3 }) },
  { requiredKeys: ['key', 'roles'] },
)
const members = fc.uniqueArray(member, { minLength: 1, maxLength: 4, selector: ({ key }) => Buffer.from(key).toString('hex') })
const genesisMembers = members.map(([first, ...rest]) => [{ ...first, roles: ['owner'] }, ...rest])

const details = fc.record({
  series: seriesName,
  backupId: bytes(16),
  contentId: id,
  parents: fc.array(id, { maxLength: 3 }),
  createdAt: int,
  durationMs: uint,
  host: text,
  createdBy: text,
  actor: text,
  source: text,
  description: text,
  tags: texts,
  complete: fc.boolean(),
  problemCount: uint,
  files: uint,
  bytes: uint,
  newBytes: uint,
  storedBytes: uint,
  roots: fc.array(text, { maxLength: 3 }),
})
const sealed = fc.oneof(fc.constant(new Uint8Array(0)), fc.integer({ min: 56, max: 90 }).chain(bytes))
const repository = id.map((value) => Uint8Array.from([1, ...value.subarray(1)]))
const clear: readonly (readonly [string, fc.Arbitrary<unknown>])[] = [
  ['repository_created', fc.record({ version: fc.constant(1), sealing: bytes(1216), keys: id, members: genesisMembers, features })],
  ['snapshot_created', fc.record({ manifest: id, series: bytes(16) })],
  ['tag_removed', fc.record({ manifest: id })],
  ['permission_change', fc.record({ add: members, remove: fc.array(id, { maxLength: 3 }) })],
  ['key_slot_removed', fc.record({ slot: bytes(16), kind: text, member: id })],
  ['checkpoint', fc.record({ state: id, sequence: uint })],
  ['attest', fc.record({ packs: fc.nat(3).chain((n) => bytes(32 * n)) })],
  ['features_set', features],
  ['grant_issued', fc.record({ grant: bytes(16), member: id })],
  ['grant_revoked', fc.record({ grant: bytes(16) })],
  ['journal_accepted', fc.record({ sequence: uint, hash: id })],
  ['audit_batch', fc.record({ records: fc.array(someBytes, { minLength: 1, maxLength: 3 }) })],
  ['grant_used', fc.constant({})],
]
const detailed: readonly (readonly [string, fc.Arbitrary<unknown>])[] = [
  ['repository_created', fc.record({ name: text, chunker: fc.tuple(uint, uint, uint), labels: texts })],
  ['snapshot_created', details],
  ['tag_set', fc.record({ name: seriesName, actor: text }, { requiredKeys: ['name'] })],
  ['permission_change', fc.record({ labels: texts, series: texts, reason: text })],
  ['key_slot_added', fc.record({ label: text })],
  ['grant_issued', fc.record({ command: text, target: text, series: text, reason: text })],
  ['grant_revoked', fc.record({ reason: text })],
  ['journal_accepted', fc.record({ reason: text, lostSequence: uint, lostHash: id })],
  ['attest', fc.constant({})],
  ['verify_failed', record(anyCbor(2))],
]
const byEvent = (list: readonly (readonly [string, fc.Arbitrary<unknown>])[]): fc.Arbitrary<Sample> =>
  fc.oneof(...list.map(([event, arbitrary]) => arbitrary.map((value) => ({ value, context: { event } }))))

const checkpoint = fc.record({
  sequence: uint,
  hash: id,
  members: fc.array(fc.record({ key: id, roles, label: text }), { minLength: 1, maxLength: 3 }),
  removed: fc.array(fc.record({ key: id, label: text }), { maxLength: 2 }),
  features,
  seriesNames: fc.dictionary(idHex, text, { maxKeys: 2 }),
  slots: fc.array(fc.record({ slot: bytes(16), kind: text, member: id, label: text, added: int }), { maxLength: 2 }),
  tags: record(id),
  grants: fc.array(fc.record({ grant: bytes(16), member: id, command: text, target: text, series: text }), { maxLength: 2 }),
  attested: fc.nat(3).chain((n) => bytes(32 * n)),
  snapshots: fc.array(fc.record({ sequence: uint, manifest: id, member: id, details }), { maxLength: 2 }),
  sealing: fc.array(fc.record({ epoch: u32, key: bytes(1216) }), { minLength: 1, maxLength: 2 }),
  name: text,
  chunker: fc.tuple(uint, uint, uint),
  voids: fc.array(uint, { maxLength: 3 }),
})

const zero = fc.constant(new Uint8Array(32))
const entryFields = { operation: bytes(16), member: id, time: int, clear: record(anyCbor(2)), sealed }
const laterEvent = text.filter((event) => event !== 'repository_created')
const later = fc.record({
  ...entryFields,
  repository,
  sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  previous: id,
  event: laterEvent,
})
const genesis = fc.record({
  ...entryFields,
  repository: zero,
  sequence: fc.constant(0),
  previous: zero,
  event: fc.constant('repository_created'),
})

export const journalSamples = {
  signed: plain(fc.tuple(someBytes, bytes(64))),
  'journal-entry': plain(fc.oneof(later, genesis)),
  'event-clear': byEvent(clear),
  'event-details': byEvent(detailed),
  'spool-record': plain(
    fc.record({ repository: id, operation: bytes(16), member: id, event: fc.constantFrom(...SPOOLABLE), time: int, sealed }),
  ),
  'checkpoint-header': plain(fc.record({ repository: id, salt: id })),
  checkpoint: plain(checkpoint),
}
