// A machine that backs up holds no key that opens, and no right but to commit to its series. Held in two ways: by what the program
// lets it do, and by what becomes of entries that a hostile client writes with that machine's keys, past all checks of the program.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CborRecord } from '../../format/cbor.ts'
import { RESERVED_EVENTS } from '../../format/events.ts'
import type { IdentityFile } from '../../format/identity-file.ts'
import { decodeSlot } from '../../format/key-slot.ts'
import { memberToCbor } from '../../format/member.ts'
import { slotKey, journalKey as slotKeyOf } from '../../format/store-key.ts'
import { exportWriter } from '../../src/operations/key/add.ts'
import { verify } from '../../src/operations/verify/verify.ts'
import { createIdentity, identityKeys } from '../../src/repository/crypto/identity.ts'
import { unwrapKeyring } from '../../src/repository/crypto/key-slots.ts'
import { seriesTag } from '../../src/repository/journal/entry-details.ts'
import type { JournalState } from '../../src/repository/journal/state.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { randomBytes } from '../../src/runtime/random.ts'
import { forge, snapshotDetails } from '../support/journal-fixture.ts'
import { commitDirectory, reopen, repositoryFixture } from '../support/repository-fixture.ts'
import { makeSampleTree } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'

const { at } = scratch()
let trees = 0
let store: MemoryStore
let ownerIdentity: IdentityFile
let writerIdentity: IdentityFile
let owner: Repository
let writer: Repository
let tree = ''

beforeEach(async () => {
  store = new MemoryStore()
  ;({ identity: ownerIdentity, repository: owner } = await repositoryFixture(store))
  tree = at(`tree-${trees++}`)
  makeSampleTree(tree)
  await commitDirectory(owner, tree, 'theirs')
  await exportWriter(owner, { series: ['own'], label: 'db1', keep: async (made) => void (writerIdentity = made) })
  writer = await reopen(store, writerIdentity)
})
afterEach(() => store.close())

describe('what a writer holds', () => {
  test('no read key, neither in the file nor in its slot', async () => {
    const bytes = await store.get(slotKey(writerIdentity.slot), { maxBytes: 1 << 16 })
    const keyring = await unwrapKeyring(decodeSlot(bytes!), { kind: 'identity', unlock: identityKeys(writerIdentity).unlock })
    expect(keyring).not.toHaveProperty('read')
    expect(keyring).not.toHaveProperty('signing')
    expect(writer.keys.read).toBeUndefined()
  })

  test('the role of a writer of its series, by the journal', () => {
    const member = owner.journal.member(writerIdentity.member)!
    expect(member).toMatchObject({ label: 'db1', roles: ['writer'] })
    expect(member.series).toEqual([seriesTag(owner.writeKeys.journal, 'own')])
  })

  test('it opens no other slot', async () => {
    for await (const { key } of store.list('keys/')) {
      const slot = decodeSlot((await store.get(key, { maxBytes: 1 << 16 }))!)
      if (key === slotKey(writerIdentity.slot) || slot.kind !== 'identity') continue
      await expect(unwrapKeyring(slot, { kind: 'identity', unlock: identityKeys(writerIdentity).unlock })).rejects.toMatchObject({
        code: 'wrong-identity',
      })
    }
  })
})

describe('what a writer may', () => {
  test('commit to its series; an owner reads what it committed', async () => {
    const snapshot = await commitDirectory(writer, tree, 'own')
    const fresh = await reopen(store, ownerIdentity)
    expect((await fresh.readManifest(snapshot)).series).toBe('own')
    expect((await verify(fresh, { dataShare: 1 })).ok).toBe(true)
  })

  test('not read, not even what it committed itself', async () => {
    const snapshot = await commitDirectory(writer, tree, 'own')
    await expect(writer.readManifest(snapshot)).rejects.toMatchObject({ name: 'KeyError', code: 'no-read-key' })
    await expect((async () => writer.packs)()).rejects.toMatchObject({ name: 'KeyError', code: 'no-read-key' })
    await expect(verify(writer)).rejects.toMatchObject({ name: 'KeyError', code: 'no-read-key' })
  })

  test('not commit to another series', async () => {
    await expect(commitDirectory(writer, tree, 'theirs')).rejects.toMatchObject({ name: 'AccessError' })
  })
})

type Attack = [name: string, event: string, clear: () => CborRecord, details: () => CborRecord | undefined]

const nothing = (): undefined => undefined

/** What somebody with a writer's keys might sign. */
const ATTACKS: Attack[] = [
  [
    'a snapshot in another series',
    'snapshot_created',
    () => ({ manifest: randomBytes(32), series: seriesTag(owner.writeKeys.journal, 'theirs') }),
    () => ({ ...snapshotDetails('theirs') }),
  ],
  [
    'a snapshot whose details name another series than its tag',
    'snapshot_created',
    () => ({ manifest: randomBytes(32), series: seriesTag(owner.writeKeys.journal, 'own') }),
    () => ({ ...snapshotDetails('theirs') }),
  ],
  [
    'itself as an owner',
    'permission_change',
    () => ({ add: [memberToCbor({ key: writer.signing.publicKey, roles: ['owner'] })], remove: [] }),
    permission,
  ],
  [
    'a friend as an owner',
    'permission_change',
    () => ({ add: [memberToCbor({ key: createIdentity().signing.publicKey, roles: ['owner'] })], remove: [] }),
    permission,
  ],
  ['the owner away', 'permission_change', () => ({ add: [], remove: [Buffer.from(ownerIdentity.member)] }), permission],
  [
    'more series for itself',
    'permission_change',
    () => ({ add: [memberToCbor({ key: writer.signing.publicKey, roles: ['writer'] })], remove: [] }),
    permission,
  ],
  [
    'a key slot',
    'key_slot_added',
    () => ({ slot: randomBytes(16), kind: 'identity', member: writer.signing.memberId }),
    () => ({ label: 'x' }),
  ],
  [
    'a key slot away',
    'key_slot_removed',
    () => ({ slot: Buffer.from(ownerIdentity.slot), kind: 'identity', member: Buffer.from(ownerIdentity.member) }),
    () => ({ label: 'x' }),
  ],
  ['a tag', 'tag_set', () => ({ manifest: head() }), () => ({ name: 'release' })],
  ['a tag away', 'tag_removed', () => ({ manifest: head() }), () => ({ name: 'release' })],
  ['a checkpoint', 'checkpoint', () => ({ state: randomBytes(32), sequence: 1 }), nothing],
  ['that packs are sound', 'attest', () => ({ packs: randomBytes(32) }), nothing],
  ['features', 'features_set', () => ({ read: ['x'], write: [], check: [], delete: [] }), nothing],
  [
    'a grant for itself',
    'grant_issued',
    () => ({ grant: randomBytes(16), member: writer.signing.memberId }),
    () => ({ command: 'restore', target: '/', series: '', reason: '' }),
  ],
  ['a grant away', 'grant_revoked', () => ({ grant: randomBytes(16) }), () => ({ reason: '' })],
  [
    'that history may be lost',
    'journal_accepted',
    () => ({ sequence: 0, hash: Buffer.from(owner.id) }),
    () => ({ reason: '', lostSequence: 1, lostHash: randomBytes(32) }),
  ],
  ['that it restored', 'restore_completed', () => ({}), () => ({})],
  ['that it verified', 'verify_completed', () => ({}), () => ({})],
  ['that it repaired', 'repair_completed', () => ({}), () => ({})],
  ['an event that does not exist', 'snapshot_forgotten', () => ({}), nothing],
]

function permission(): CborRecord {
  return { labels: {}, series: {}, reason: '' }
}

function head(): Buffer {
  return Buffer.from(owner.journal.state.snapshots[0]!.manifest)
}

/** What an attack would have to change. */
function meaning({ members, features, slots, tags, grants, attested, snapshots, sealing, heads }: JournalState): object {
  return structuredClone({ members, features, slots, tags, grants, attested, snapshots, sealing, heads })
}

describe('what a hostile client writes with its keys', () => {
  /** Puts an entry past the program into the next slot. */
  async function plant(event: string, clear: CborRecord, details?: CborRecord): Promise<number> {
    const { state } = owner.journal
    const journalKey = owner.writeKeys.journal
    const slot = forge({ repository: owner.id, head: state.head }, writer.signing, event, clear, {
      journalKey,
      ...(details !== undefined && { details }),
    })
    const sequence = state.head.sequence + 1
    await store.put(slotKeyOf(sequence), slot)
    return sequence
  }

  test.each(ATTACKS)('%s: changes nothing for anybody', async (_name, event, clear, details) => {
    const before = meaning(owner.journal.state)
    const sequence = await plant(event, clear(), details())
    await owner.journal.refresh()
    const strangers = [owner, await reopen(store, ownerIdentity), await reopen(store, writerIdentity)]
    for (const repository of strangers) {
      const { state } = repository.journal
      expect(state.voids.has(sequence) || state.unreadable.has(sequence)).toBe(true)
      expect(meaning(state)).toEqual(before)
    }
    // Nor does it keep anybody from going on.
    await commitDirectory(owner, tree, 'theirs')
    expect((await reopen(store, ownerIdentity)).journal.state.snapshots).toHaveLength(2)
  })

  test.each([...RESERVED_EVENTS])('%s: a deletion or whatever else is to come is not for writers', async (event) => {
    const before = meaning(owner.journal.state)
    const sequence = await plant(event, {})
    await owner.journal.refresh()
    expect(owner.journal.state.voids.get(sequence)).toBe('role')
    expect(meaning((await reopen(store, ownerIdentity)).journal.state)).toEqual(before)
  })

  test('entries after its rights were taken away are void', async () => {
    await owner.journal.append({
      event: 'permission_change',
      clear: { add: [], remove: [Buffer.from(writerIdentity.member)] },
      details: { labels: {}, series: {}, reason: 'stolen' },
      signing: owner.signing,
    })
    const sequence = await plant(
      'snapshot_created',
      { manifest: randomBytes(32), series: seriesTag(owner.writeKeys.journal, 'own') },
      { ...snapshotDetails('own') },
    )
    await owner.journal.refresh()
    expect(owner.journal.state.voids.get(sequence)).toBe('member')
    await expect(commitDirectory(await reopen(store, writerIdentity), tree, 'own')).rejects.toMatchObject({ name: 'AccessError' })
  })
})
