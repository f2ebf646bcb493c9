// A small repository's journal for tests: members with keys, snapshots, and slots that an attacker would write.

import type { CborRecord } from '../../format/cbor.ts'
import type { SnapshotDetails } from '../../format/details.ts'
import type { ClearOf, EventName } from '../../format/events.ts'
import { encodeJournalEntry, encodeSigned, type JournalEntry } from '../../format/journal.ts'
import type { Role } from '../../format/member.ts'
import { journalKey as slotKeyOf } from '../../format/store-key.ts'
import { SigningKey } from '../../src/repository/crypto/signing.ts'
import { seriesTag, withDetails } from '../../src/repository/journal/entry-details.ts'
import { createGenesis, type Genesis, storeGenesis } from '../../src/repository/journal/genesis.ts'
import { Journal } from '../../src/repository/journal/journal.ts'
import type { OpenJournalOptions } from '../../src/repository/journal/open-journal.ts'
import type { Pin } from '../../src/repository/journal/pins.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { issuePermit } from '../../src/runtime/permit.ts'
import { randomBytes } from '../../src/runtime/random.ts'

export const JOURNAL_KEY = Buffer.alloc(32, 7)

export function key(seed: number): SigningKey {
  return SigningKey.fromSeed(Buffer.alloc(32, seed))
}

export const OWNER = key(1)

export interface Fixture {
  readonly store: ObjectStore
  readonly genesis: Genesis
  /** Opens a fresh client with the owner's keys. */
  readonly open: (options?: Partial<OpenJournalOptions>) => Promise<Journal>
}

export async function fixture(store: ObjectStore = new MemoryStore()): Promise<Fixture> {
  const genesis = createGenesis({
    details: { name: 'test', chunker: [1, 2, 3], labels: {} },
    sealing: Buffer.alloc(1216, 9),
    keysCommitment: Buffer.alloc(32, 8),
    journalKey: JOURNAL_KEY,
    signing: OWNER,
  })
  await storeGenesis(store, genesis)
  const open = (options: Partial<OpenJournalOptions> = {}) =>
    Journal.open({ store, repository: genesis.id, journalKey: JOURNAL_KEY, ...options })
  return { store, genesis, open }
}

export function snapshotDetails(series: string, changes: Partial<SnapshotDetails> = {}): SnapshotDetails {
  return {
    series,
    backupId: randomBytes(16),
    contentId: randomBytes(32),
    parents: [],
    createdAt: 1_700_000_000_000,
    durationMs: 12,
    host: 'host',
    createdBy: 'cairn',
    actor: 'person:tester',
    source: '/data',
    description: '',
    tags: {},
    complete: true,
    problemCount: 0,
    files: 1,
    bytes: 2,
    newBytes: 3,
    storedBytes: 4,
    roots: ['/data'],
    ...changes,
  }
}

/** Commits a made-up snapshot. */
export function commit(journal: Journal, series = 'home', signing = OWNER, manifest: Buffer = randomBytes(32)): Promise<JournalEntry> {
  const clear = { manifest, series: seriesTag(JOURNAL_KEY, series) }
  return journal.append({ event: 'snapshot_created', clear, details: snapshotDetails(series), signing })
}

/** An owner's change of members. */
export function change(
  journal: Journal,
  change: { add?: { signing: SigningKey; roles: Role[]; series?: string[] }[]; remove?: SigningKey[] },
  signing = OWNER,
): Promise<JournalEntry> {
  const add = (change.add ?? []).map(({ signing: { publicKey }, roles, series }) => ({
    key: publicKey,
    roles,
    ...(series && { series: series.map((name) => seriesTag(JOURNAL_KEY, name)) }),
  }))
  const clear: ClearOf<'permission_change'> = { add, remove: (change.remove ?? []).map(({ memberId }) => memberId) }
  return journal.append({ event: 'permission_change', clear, details: { labels: {}, series: {}, reason: 'test' }, signing })
}

/** The bytes of the entry after a head, signed by anybody, with any field changed: what `append` would never write. */
export function forge(
  at: { repository: Uint8Array; head: Pin },
  signing: SigningKey,
  event: string,
  clear: CborRecord,
  options: { details?: CborRecord; entry?: Partial<JournalEntry>; journalKey?: Uint8Array } = {},
): Buffer {
  const bare: JournalEntry = {
    repository: at.repository,
    sequence: at.head.sequence + 1,
    previous: at.head.hash,
    operation: randomBytes(16),
    member: signing.memberId,
    event,
    time: 1_700_000_000_000,
    clear,
    sealed: Buffer.alloc(0),
    ...options.entry,
  }
  const { details, journalKey = JOURNAL_KEY } = options
  const entry = details === undefined ? bare : withDetails(bare, event as EventName, details as never, journalKey)
  const inner = encodeJournalEntry(entry)
  return encodeSigned([inner, signing.sign('journal-entry', entry.repository, inner)])
}

/** Puts bytes into the slot after the journal's head and reads on. */
export async function plant(journal: Journal, bytes: Uint8Array): Promise<void> {
  await journal.store.put(slotKeyOf(journal.state.head.sequence + 1), bytes)
  await journal.refresh()
}

/** What somebody with the store's password can do: remove slots and put others in their place. */
export async function rewrite(store: ObjectStore, sequence: number, bytes?: Uint8Array): Promise<void> {
  await store.remove(
    slotKeyOf(sequence),
    issuePermit('test', () => true),
  )
  if (bytes !== undefined) {
    await store.put(slotKeyOf(sequence), bytes)
  }
}

export async function slotBytes(store: ObjectStore, sequence: number): Promise<Buffer> {
  const bytes = await store.get(slotKeyOf(sequence), { maxBytes: 1 << 21 })
  if (bytes === undefined) {
    throw new Error(`no slot ${sequence}`)
  }
  return bytes
}

/** A copy of a memory store's journal up to a sequence, as an old copy of the medium would be. */
export async function copyOf(store: ObjectStore, last: number): Promise<ObjectStore> {
  const copy = new MemoryStore()
  for (let sequence = 0; sequence <= last; sequence += 1) {
    await copy.put(slotKeyOf(sequence), await slotBytes(store, sequence))
  }
  return copy
}
