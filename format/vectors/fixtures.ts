// Valid records that several case files begin with. All of it is fixed: vectors know no chance.

import { ENTRY_DIRECTORY, ENTRY_FILE, type Entry } from '../entry.ts'
import type { JournalEntry } from '../journal.ts'
import type { Manifest } from '../manifest.ts'
import type { Stream } from '../stream.ts'
import { fill } from './vector.ts'

export const content: Stream = { size: 5, depth: 0, items: [{ length: 5, id: fill(32, 0xaa) }] }

export const file: Entry = {
  name: Buffer.from('notes.txt'),
  type: ENTRY_FILE,
  mode: 0o644,
  uid: 1000,
  gid: 100,
  mtime: { seconds: 1_700_000_000, nanoseconds: 123_456_789 },
  content,
}

export const root: Entry = { ...file, name: fill(0, 0), type: ENTRY_DIRECTORY, mode: 0o755 }

const counts = { files: 1, bytes: 5 }
const none = { files: 0, bytes: 0 }

export const manifest: Manifest = {
  backupId: fill(16, 1),
  contentId: fill(32, 2),
  series: 'storage',
  parents: [],
  createdAt: 1_700_000_000_123,
  durationMs: 42,
  createdBy: 'cairn',
  actor: 'person:alice',
  source: 'filesystem',
  description: '',
  requestId: '',
  environment: '',
  host: 'laptop',
  toolVersion: '0.1.0',
  applicationVersion: '',
  storageSpecVersion: '',
  tags: { reason: 'weekly' },
  roots: [{ path: Buffer.from('/home/alice'), at: fill(0, 0) }],
  root,
  excludes: ['*.tmp'],
  statistics: {
    files: 1,
    directories: 1,
    symlinks: 0,
    others: 0,
    bytes: 5,
    newBytes: 5,
    storedBytes: 1300,
    newFiles: 1,
    changedFiles: 0,
    classes: { database: none, files: counts, config: none, logs: none },
  },
  complete: true,
  problems: [],
  problemCount: 0,
}

export const entry: JournalEntry = {
  repository: fill(32, 0x11),
  sequence: 7,
  previous: fill(32, 0x22),
  operation: fill(16, 0x33),
  member: fill(32, 0x44),
  event: 'tag_set',
  time: 1_700_000_000_000,
  clear: { manifest: fill(32, 0x55) },
  sealed: fill(56, 0x66),
}

export const features = { read: [], write: [], check: [], delete: [] }

export const snapshotDetails = {
  series: 'storage',
  backupId: fill(16, 1),
  contentId: fill(32, 2),
  parents: [fill(32, 3)],
  createdAt: 1_700_000_000_123,
  durationMs: 42,
  host: 'laptop',
  createdBy: 'cairn',
  actor: 'schedule:nightly',
  source: 'filesystem',
  description: '',
  tags: {},
  complete: false,
  problemCount: 2,
  files: 1,
  bytes: 5,
  newBytes: 5,
  storedBytes: 1300,
  roots: ['/home/alice'],
}
