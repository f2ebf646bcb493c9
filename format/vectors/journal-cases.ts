import type { CborValue } from '../cbor.ts'
import { encodeCbor } from '../cbor.ts'
import { encodeJournalEntry } from '../journal.ts'
import { encodeSpoolRecord } from '../spool.ts'
import { entry } from './fixtures.ts'
import { accept, edit, fill, hex, reject, type Vector } from './vector.ts'

const { sequence: _sequence, previous: _previous, clear: _clear, ...common } = entry
const spool = { ...common, event: 'backup_failed' }
const genesis = { ...entry, sequence: 0, repository: fill(32, 0), previous: fill(32, 0), event: 'repository_created' }
const encoded = encodeJournalEntry(entry)
const encodedGenesis = encodeJournalEntry(genesis)
const encodedSpool = encodeSpoolRecord(spool)

function bad(error: string, name: string, description: string, key: string, value: CborValue | undefined): Vector {
  return reject('journal-entry', error, name, description, edit(encoded, [key], value))
}

function badGenesis(error: string, name: string, description: string, key: string, value: CborValue): Vector {
  return reject('journal-entry', error, name, description, edit(encodedGenesis, [key], value))
}

function badSpool(error: string, name: string, description: string, key: string, value: CborValue | undefined): Vector {
  return reject('spool-record', error, name, description, edit(encodedSpool, [key], value))
}

/** Journal entries, spool records and the pair that signs them. SPEC §7.1, §7.6 */
export const journalCases: readonly Vector[] = [
  accept('signed', 'plain', 'a record and its signature', [hex('a0'), fill(64, 9)]),
  reject('signed', 'signed-form', 'three-parts', 'three parts', encodeCbor([hex('a0'), fill(64, 9), 0])),
  reject('signed', 'signed-form', 'one-part', 'no signature', encodeCbor([hex('a0')])),
  reject('signed', 'signed-form', 'no-array', 'a byte string', encodeCbor(fill(64, 9))),
  reject('signed', 'signed-record', 'record', 'a record that is not wrapped in a byte string', encodeCbor([{}, fill(64, 9)])),
  reject('signed', 'signed-signature', 'signature', 'a signature of 63 bytes', encodeCbor([hex('a0'), fill(63, 9)])),
  reject('signed', 'signed-too-large', 'too-large', 'one byte more than is allowed', encodeCbor([hex('a0'), fill(64, 9)]), {
    maxBytes: 68,
  }),
  reject(
    'signed',
    'cbor-trailing',
    'trailing',
    'a byte behind the pair',
    Buffer.concat([encodeCbor([hex('a0'), fill(64, 9)]), fill(1, 0)]),
  ),
  accept('journal-entry', 'plain', 'an entry with sealed details', entry),
  accept('journal-entry', 'no-details', 'an entry before 1970 without details', { ...entry, time: -1, clear: {}, sealed: fill(0, 0) }),
  accept('journal-entry', 'genesis', 'entry 0 (its clear fields are a vector of their own)', genesis),
  accept('journal-entry', 'unknown-event', 'an event that nobody knows: void, but well formed', { ...entry, event: 'moon_phase' }),
  bad('journal-entry-version', 'version', 'version 2', 'v', 2),
  bad('journal-entry-missing-key', 'missing-key', 'no member', 'member', undefined),
  bad('journal-entry-unknown-key', 'unknown-key', 'a key that no field has', 'note', 'hello'),
  bad('journal-entry-repository', 'repository', 'a repository id of 31 bytes', 'repository', fill(31, 1)),
  bad('journal-entry-sequence', 'sequence', 'a negative sequence', 'sequence', -1),
  bad('journal-entry-previous', 'previous', 'a slot hash of 33 bytes', 'previous', fill(33, 1)),
  bad('journal-entry-operation', 'operation', 'an operation id of 32 bytes', 'operation', fill(32, 1)),
  bad('journal-entry-member', 'member', 'a member id that is a text', 'member', '44'),
  bad('journal-entry-event', 'event', 'an event that is a number', 'event', 7),
  bad('journal-entry-time', 'time', 'a time that is a text', 'time', 'noon'),
  bad('journal-entry-clear', 'clear', 'clear fields that are a list', 'clear', []),
  bad('journal-entry-clear', 'clear-keys', 'clear fields with integer keys', 'clear', new Map([[1, 2]])),
  bad('journal-entry-sealed', 'sealed', 'details that are too short to be sealed', 'sealed', fill(55, 1)),
  bad('genesis-event', 'second-genesis', 'repository_created beyond entry 0', 'event', 'repository_created'),
  bad('genesis-repository', 'zero-repository', 'a repository id of zero beyond entry 0', 'repository', fill(32, 0)),
  badGenesis('genesis-event', 'genesis-event', 'entry 0 with another event', 'event', 'tag_set'),
  badGenesis('genesis-repository', 'genesis-repository', 'entry 0 that names a repository', 'repository', fill(32, 1)),
  badGenesis('genesis-previous', 'genesis-previous', 'entry 0 that names an entry before it', 'previous', fill(32, 1)),
  accept('spool-record', 'plain', 'a failed backup', spool),
  badSpool('spool-record-version', 'version', 'version 0', 'v', 0),
  badSpool('spool-record-unknown-key', 'unknown-key', 'a sequence, which a spool does not know', 'sequence', 7),
  badSpool('spool-record-missing-key', 'missing-key', 'no time', 'time', undefined),
  badSpool('spool-record-sealed', 'sealed', 'details that are too short to be sealed', 'sealed', fill(1, 1)),
  badSpool('spool-record-event', 'event-effect', 'an event with an effect', 'event', 'permission_change'),
  badSpool('spool-record-event', 'event-unknown', 'an event that nobody knows', 'event', 'moon_phase'),
]
