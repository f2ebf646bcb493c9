import type { CborValue } from '../cbor.ts'
import { type CheckpointState, encodeCheckpoint, encodeCheckpointHeader } from '../checkpoint.ts'
import { features, snapshotDetails } from './fixtures.ts'
import { accept, edit, fill, patch, reject, type Vector } from './vector.ts'

const fields = { repository: fill(32, 0x11), salt: fill(32, 0x22) }
const header = encodeCheckpointHeader(fields)

const state: CheckpointState = {
  sequence: 41,
  hash: fill(32, 1),
  members: [{ key: fill(32, 2), roles: ['owner'], label: 'alice' }],
  removed: [{ key: fill(32, 3), label: 'old laptop' }],
  features,
  seriesNames: { ['04'.repeat(16)]: 'storage' },
  slots: [{ slot: fill(16, 5), kind: 'recovery', member: fill(32, 6), label: 'printed', added: 1_785_000_000_000 }],
  tags: { constructor: fill(32, 7), 'release/v1': fill(32, 8) },
  grants: [{ grant: fill(16, 9), member: fill(32, 10), command: 'restore', target: '/srv', series: '' }],
  attested: fill(64, 11),
  snapshots: [{ sequence: 3, manifest: fill(32, 12), member: fill(32, 13), details: snapshotDetails }],
  sealing: [{ epoch: 1, key: fill(1216, 14) }],
  name: 'home',
  chunker: [262_144, 1_048_576, 4_194_304],
  voids: [2],
}
const encoded = encodeCheckpoint(state)

function bad(error: string, name: string, description: string, path: readonly (string | number)[], value: CborValue | undefined): Vector {
  return reject('checkpoint', error, name, description, edit(encoded, path, value))
}

/** Header and state of checkpoints. SPEC §7.5 */
export const checkpointCases: readonly Vector[] = [
  accept('checkpoint-header', 'plain', 'a header', fields),
  reject('checkpoint-header', 'checkpoint-truncated', 'truncated', 'a header of 79 bytes', header.subarray(0, -1)),
  reject('checkpoint-header', 'checkpoint-magic', 'magic', 'a magic of zeros', patch(header, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
  reject('checkpoint-header', 'checkpoint-version', 'version', 'version 2', patch(header, 8, 2)),
  reject('checkpoint-header', 'checkpoint-reserved', 'reserved', 'a reserved byte that is not zero', patch(header, 9, 1)),
  accept('checkpoint', 'plain', 'a state with one of everything', state),
  bad('checkpoint-version', 'version', 'version 2', ['v'], 2),
  bad('checkpoint-missing-key', 'missing-key', 'no voids', ['voids'], undefined),
  bad('checkpoint-unknown-key', 'unknown-key', 'a key that no field has', ['heads'], {}),
  bad('checkpoint-hash', 'hash', 'a slot hash of 31 bytes', ['hash'], fill(31, 1)),
  bad('checkpoint-members', 'no-members', 'no members', ['members'], []),
  bad('checkpoint-member-missing-key', 'member-label', 'a member without a label', ['members', 0, 'label'], undefined),
  bad('member-role', 'member-role', 'a member with a role that does not exist', ['members', 0, 'roles'], ['root']),
  bad('checkpoint-removed-key', 'removed-key', 'a removed member with a key of 31 bytes', ['removed', 0, 'key'], fill(31, 1)),
  bad('checkpoint-slot-unknown-key', 'slot-key', 'a slot with a key that no field has', ['slots', 0, 'kdf'], {}),
  bad('checkpoint-slot-missing-key', 'slot-added', 'a slot that does not say when it was added', ['slots', 0, 'added'], undefined),
  bad('checkpoint-tags', 'tags', 'a tag whose manifest id has 31 bytes', ['tags', 'constructor'], fill(31, 7)),
  bad('checkpoint-grant-command', 'grant-command', 'a grant whose command is a list', ['grants', 0, 'command'], []),
  bad('checkpoint-attested', 'attested', 'an id and a byte', ['attested'], fill(33, 1)),
  bad('checkpoint-details-missing-key', 'snapshot-host', 'a snapshot without its host', ['snapshots', 0, 'details', 'host'], undefined),
  bad('checkpoint-sealing', 'sealing', 'a sealing key of 1,215 bytes', ['sealing', 0], [1, fill(1215, 1)]),
  bad('checkpoint-sealing', 'no-sealing', 'no sealing key', ['sealing'], []),
  bad('checkpoint-chunker', 'chunker', 'a chunker of four sizes', ['chunker'], [1, 2, 3, 4]),
  bad('checkpoint-voids', 'voids', 'a negative sequence', ['voids'], [-1]),
]
