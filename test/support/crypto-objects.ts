// Small valid records for tests of sealed objects.

import type { CheckpointState } from '../../format/checkpoint.ts'
import { NO_FEATURES } from '../../format/features.ts'
import type { SegmentBody } from '../../format/index-segment.ts'
import type { Manifest } from '../../format/manifest.ts'
import { ENTRY_DIRECTORY } from '../../format/tree.ts'

const NO_FILES = { files: 0, bytes: 0 }

export const MANIFEST: Manifest = {
  backupId: Buffer.alloc(16, 1),
  contentId: Buffer.alloc(32, 2),
  series: 'storage',
  parents: [],
  createdAt: 1_800_000_000_000,
  durationMs: 12,
  createdBy: 'test',
  actor: 'person:test',
  source: 'filesystem',
  description: '',
  requestId: '',
  environment: '',
  host: 'host',
  toolVersion: '0.1.0',
  applicationVersion: '',
  storageSpecVersion: '',
  tags: {},
  roots: [{ path: Buffer.from('/srv'), at: Buffer.from('srv') }],
  root: {
    name: Buffer.alloc(0),
    type: ENTRY_DIRECTORY,
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtime: { seconds: 0, nanoseconds: 0 },
    content: { size: 0, depth: 0, items: [] },
  },
  excludes: [],
  statistics: {
    files: 0,
    directories: 1,
    symlinks: 0,
    others: 0,
    bytes: 0,
    newBytes: 0,
    storedBytes: 0,
    newFiles: 0,
    changedFiles: 0,
    classes: { database: NO_FILES, files: NO_FILES, config: NO_FILES, logs: NO_FILES },
  },
  complete: true,
  problems: [],
  problemCount: 0,
}

export const SEGMENT: SegmentBody = {
  superseded: [Buffer.alloc(32, 9)],
  packs: [
    {
      id: Buffer.alloc(32, 8),
      kind: 1,
      packBytes: 4096,
      blocks: [{ sealedBytes: 100, rawBytes: 500, chunkCount: 2 }],
      lengths: Uint32Array.of(200, 300),
      shortIds: Buffer.alloc(32, 7),
    },
  ],
}

export const CHECKPOINT: CheckpointState = {
  sequence: 3,
  hash: Buffer.alloc(32, 1),
  members: [{ key: Buffer.alloc(32, 2), roles: ['owner'], label: 'owner' }],
  removed: [],
  features: NO_FEATURES,
  seriesNames: {},
  slots: [],
  tags: {},
  grants: [],
  attested: Buffer.alloc(0),
  snapshots: [],
  sealing: [{ epoch: 0, key: Buffer.alloc(1216, 3) }],
  name: 'test',
  chunker: [16_384, 65_536, 262_144],
  voids: [],
}
