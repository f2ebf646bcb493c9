import { describe, expect, test } from 'vitest'
import { toHex } from '../../format/bytes.ts'
import { journalKey as slotKeyOf } from '../../format/store-key.ts'
import { seriesTag } from '../../src/repository/journal/entry-details.ts'
import { createGenesis, readGenesis, storeGenesis } from '../../src/repository/journal/genesis.ts'
import { Journal } from '../../src/repository/journal/journal.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { randomBytes } from '../../src/runtime/random.ts'
import { FaultyStore } from '../support/faulty-store.ts'
import { change, commit, fixture, forge, JOURNAL_KEY, key, OWNER, rewrite, snapshotDetails } from '../support/journal-fixture.ts'

const ANY_SLOT = { slot: Buffer.alloc(16, 1), kind: 'identity', member: OWNER.memberId }

describe('replaying a journal', () => {
  test('a new journal has its genesis entry and nothing else', async () => {
    const { open, genesis } = await fixture()
    const { state, start } = await open()
    expect(start).toEqual({ from: 'genesis', sequence: 0 })
    expect(state).toMatchObject({ name: 'test', chunker: [1, 2, 3], head: { sequence: 0, hash: genesis.id } })
    expect([...state.members.keys()]).toEqual([toHex(OWNER.memberId)])
    expect(state.sealing).toEqual([{ epoch: 0, key: Buffer.alloc(1216, 9) }])
  })

  test('every event of state has its effect, for the writer and for a fresh client', async () => {
    const { open } = await fixture()
    const journal = await open()
    const writer = key(2)
    const manifest = randomBytes(32)
    const grant = Buffer.alloc(16, 5)
    await change(journal, { add: [{ signing: writer, roles: ['writer'], series: ['home'] }] })
    await commit(journal, 'home', writer)
    await commit(journal, 'home', writer, manifest)
    await commit(journal, 'mail')
    await journal.append({ event: 'tag_set', clear: { manifest }, details: { name: 'golden' }, signing: OWNER })
    await journal.append({ event: 'tag_set', clear: { manifest }, details: { name: 'old' }, signing: OWNER })
    await journal.append({ event: 'tag_removed', clear: { manifest }, details: { name: 'old' }, signing: OWNER })
    const slotAdded = await journal.append({ event: 'key_slot_added', clear: ANY_SLOT, details: { label: 'laptop' }, signing: OWNER })
    await journal.append({ event: 'attest', clear: { packs: Buffer.alloc(64, 3) }, signing: OWNER })
    const order = { command: 'restore', target: '/x', series: 'home', reason: 'drill' }
    await journal.append({ event: 'grant_issued', clear: { grant, member: writer.memberId }, details: order, signing: OWNER })
    await journal.append({ event: 'backup_completed', details: { note: 'fine' }, signing: OWNER })
    await change(journal, { remove: [writer] })
    for (const { state } of [journal, await open()]) {
      expect(state.snapshots.map(({ details }) => details.series)).toEqual(['home', 'home', 'mail'])
      expect(state.heads.get('home')?.manifest).toEqual(manifest)
      expect([...state.tags]).toEqual([['golden', manifest]])
      expect([...state.slots.values()]).toEqual([{ ...ANY_SLOT, label: 'laptop', added: slotAdded.time }])
      expect([...state.attested]).toEqual(['03'.repeat(32)])
      expect([...state.grants.values()]).toMatchObject([{ command: 'restore', target: '/x', series: 'home' }])
      expect([...state.members.keys()]).toEqual([toHex(OWNER.memberId)])
      expect([...state.removed.keys()]).toEqual([toHex(writer.memberId)])
      expect(state.seriesNames.get(toHex(seriesTag(JOURNAL_KEY, 'mail')))).toBe('mail')
      expect([...state.voids]).toEqual([])
      expect(state.head).toEqual(journal.pin())
    }
    expect(journal.publicKeyOf(writer.memberId)).toEqual(writer.publicKey)
    expect(journal.publicKeyOf(key(99).memberId)).toBeUndefined()
  })

  test('what was revoked is gone: slots, grants', async () => {
    const { open } = await fixture()
    const journal = await open()
    const grant = Buffer.alloc(16, 5)
    const order = { command: 'tag', target: '', series: '', reason: '' }
    await journal.append({ event: 'key_slot_added', clear: ANY_SLOT, details: { label: '' }, signing: OWNER })
    await journal.append({ event: 'grant_issued', clear: { grant, member: OWNER.memberId }, details: order, signing: OWNER })
    await journal.append({ event: 'key_slot_removed', clear: ANY_SLOT, details: { label: '' }, signing: OWNER })
    await journal.append({ event: 'grant_revoked', clear: { grant }, details: { reason: '' }, signing: OWNER })
    const { state } = await open()
    expect([state.slots.size, state.grants.size]).toEqual([0, 0])
  })

  test('a removed tag that was moved meanwhile stays', async () => {
    const { open } = await fixture()
    const journal = await open()
    const [old, moved] = [randomBytes(32), randomBytes(32)]
    await journal.append({ event: 'tag_set', clear: { manifest: old }, details: { name: 't' }, signing: OWNER })
    await journal.append({ event: 'tag_set', clear: { manifest: moved }, details: { name: 't' }, signing: OWNER })
    await journal.append({ event: 'tag_removed', clear: { manifest: old }, details: { name: 't' }, signing: OWNER })
    expect((await open()).state.tags.get('t')).toEqual(moved)
  })

  test('without the journal key there are roles and slots, but no names', async () => {
    const { open, store, genesis } = await fixture()
    const journal = await open()
    await commit(journal)
    const { state } = await Journal.open({ store, repository: genesis.id })
    expect(state.name).toBe('')
    expect(state.members.size).toBe(1)
    expect([state.snapshots.length, state.heads.size, state.voids.size]).toEqual([0, 0, 0])
    expect(state.head).toEqual(journal.pin())
  })

  test('a stale listing hides no entry: the next slots are probed', async () => {
    const { store, open } = await fixture()
    const writing = await open()
    await commit(writing)
    const stale = new FaultyStore(store)
    await stale.freezeLists('journal/')
    await commit(writing)
    await commit(writing)
    const journal = await open({ store: stale })
    expect(journal.state.head).toEqual(writing.pin())
    await commit(writing)
    expect(await journal.refresh()).toBe(1)
  })

  test('opening a cached state reads genesis, its last slot and one probe, at 300 snapshots', async () => {
    const { store, open } = await fixture()
    const journal = await open()
    for (let i = 0; i < 300; i += 1) {
      await commit(journal)
    }
    const cached = journal.encodeState()
    const counting = new FaultyStore(store)
    const again = await open({ store: counting, cached, pin: journal.pin() })
    expect(again.start).toEqual({ from: 'cache', sequence: 300 })
    expect(counting.counts()).toEqual({ 'get journal': 3, 'list journal': 1 })
    expect(again.state).toEqual(journal.state)
    expect(again.encodeState()).toEqual(cached)
  })

  test('the log tells void slots, details and their order', async () => {
    const { open, store } = await fixture()
    const journal = await open()
    await commit(journal)
    await store.put(slotKeyOf(2), Buffer.from('junk'))
    await commit(journal)
    const lines = await Array.fromAsync((await open()).entries())
    expect(lines.map(({ sequence, entry, voidReason }) => [sequence, entry?.event, voidReason])).toEqual([
      [0, 'repository_created', undefined],
      [1, 'snapshot_created', undefined],
      [2, undefined, 'form'],
      [3, 'snapshot_created', undefined],
    ])
    expect(lines[0]?.details).toMatchObject({ name: 'test' })
    expect(lines[1]?.details).toMatchObject({ series: 'home' })
    expect((await Array.fromAsync(journal.entries({ from: 2 }))).map(({ sequence }) => sequence)).toEqual([2, 3])
    await rewrite(store, 3, forge({ repository: journal.repository, head: journal.pin() }, OWNER, 'attest', { packs: Buffer.alloc(0) }))
    await expect(Array.fromAsync(journal.entries())).rejects.toMatchObject({ code: 'journal-fork' })
    await rewrite(store, 3)
    await expect(Array.fromAsync(journal.entries())).rejects.toMatchObject({ code: 'journal-rollback' })
  })
})

describe('the genesis entry', () => {
  const NEW = {
    details: { name: 'n', chunker: [1, 2, 3] as const, labels: {} },
    sealing: Buffer.alloc(1216),
    keysCommitment: Buffer.alloc(32),
    journalKey: JOURNAL_KEY,
    signing: OWNER,
  }

  test('its hash is the repository id, and other members stand behind the owner', async () => {
    const store = new MemoryStore()
    const recovery = key(3)
    const genesis = createGenesis({ ...NEW, members: [{ key: recovery.publicKey, roles: ['owner'] }] })
    await storeGenesis(store, genesis)
    await storeGenesis(store, genesis)
    expect((await readGenesis(store, genesis.id)).clear.members.map((member) => member.key)).toEqual([OWNER.publicKey, recovery.publicKey])
    await expect(storeGenesis(store, createGenesis(NEW))).rejects.toMatchObject({ name: 'UsageError', code: 'repository-exists' })
  })

  test('no genesis entry is no repository', async () => {
    await expect(readGenesis(new MemoryStore())).rejects.toMatchObject({ name: 'NotFoundError', code: 'repository-not-found' })
  })

  test('replacement: another repository in its place stops', async () => {
    const { genesis } = await fixture()
    const other = await fixture()
    await expect(Journal.open({ store: other.store, repository: genesis.id })).rejects.toMatchObject({
      name: 'StopError',
      code: 'repository-replaced',
      fields: { expectedRepository: toHex(genesis.id), foundRepository: toHex(other.genesis.id) },
    })
  })

  test('a forged genesis entry is refused', async () => {
    const zero = { repository: Buffer.alloc(32), head: { sequence: -1, hash: Buffer.alloc(32) } }
    const clear = createGenesis(NEW).entry.clear
    const forged: Buffer[] = [
      Buffer.from('junk'),
      forge(zero, key(5), 'repository_created', clear),
      forge(zero, key(5), 'repository_created', clear, { entry: { member: OWNER.memberId } }),
      forge(zero, OWNER, 'attest', { packs: Buffer.alloc(0) }),
      forge(zero, OWNER, 'repository_created', { ...clear, members: [{ key: OWNER.publicKey, roles: ['writer'] }] }),
    ]
    for (const bytes of forged) {
      const store = new MemoryStore()
      await store.put(slotKeyOf(0), bytes)
      await expect(readGenesis(store)).rejects.toMatchObject({ name: 'IntegrityError', code: 'genesis-invalid' })
    }
  })

  test('a feature that this version does not know stops reading or writing', async () => {
    for (const [use, code] of [
      ['read', 'newer-repository'],
      ['write', 'newer-repository'],
    ] as const) {
      const { open } = await fixture()
      const journal = await open()
      const features = { read: [], write: [], check: [], delete: [], [use]: ['time-travel'] }
      await journal.append({ event: 'features_set', clear: features, signing: OWNER })
      const next = async () => commit(await open())
      await expect(next()).rejects.toMatchObject({ name: 'StopError', code })
    }
  })

  test('details that do not open or contradict the clear tag have no effect and are told', async () => {
    const { open } = await fixture()
    const journal = await open()
    const clear = { manifest: randomBytes(32), series: seriesTag(JOURNAL_KEY, 'home') }
    const at = () => ({ repository: journal.repository, head: journal.pin() })
    const bad = [
      forge(at(), OWNER, 'snapshot_created', clear),
      (): Buffer => forge(at(), OWNER, 'snapshot_created', clear, { details: { ...snapshotDetails('mail') } }),
      (): Buffer => forge(at(), OWNER, 'snapshot_created', clear, { details: { ...snapshotDetails('home') }, journalKey: randomBytes(32) }),
    ]
    for (const each of bad) {
      await journal.store.put(slotKeyOf(journal.state.head.sequence + 1), typeof each === 'function' ? each() : each)
      await journal.refresh()
    }
    expect(journal.state.snapshots).toEqual([])
    expect([...journal.state.unreadable]).toEqual([1, 2, 3])
    expect((await Array.fromAsync(journal.entries({ from: 1 }))).map(({ unreadable }) => unreadable)).toEqual([true, true, true])
  })
})
