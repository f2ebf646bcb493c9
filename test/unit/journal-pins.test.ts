import { describe, expect, test } from 'vitest'
import { acceptJournal } from '../../src/repository/journal/accept.ts'
import { checkpointDue, writeCheckpoint } from '../../src/repository/journal/checkpoints.ts'
import { CHECKPOINT_EVERY } from '../../src/repository/journal/find-checkpoint.ts'
import type { Journal } from '../../src/repository/journal/journal.ts'
import { readSlot } from '../../src/repository/journal/slots.ts'
import { verifyJournal } from '../../src/repository/journal/verify-journal.ts'
import { issuePermit } from '../../src/runtime/permit.ts'
import { FaultyStore } from '../support/faulty-store.ts'
import { change, commit, copyOf, fixture, forge, JOURNAL_KEY, key, OWNER, plant, rewrite, slotBytes } from '../support/journal-fixture.ts'

const KEYS = { journalKey: JOURNAL_KEY, signing: OWNER }

async function rolledBack() {
  const made = await fixture()
  const journal = await made.open()
  for (let i = 0; i < 5; i += 1) {
    await commit(journal)
  }
  const store = await copyOf(made.store, 3)
  const base = { store, repository: made.genesis.id, lost: journal.pin(), reason: 'restored from last week', ...KEYS }
  return { ...made, store, journal, base, pin: journal.pin(), cached: journal.encodeState() }
}

describe('a damaged entry', () => {
  async function damaged() {
    const made = await fixture()
    const journal = await made.open()
    for (let i = 0; i < 5; i += 1) await commit(journal)
    const bytes = await slotBytes(made.store, 3)
    bytes[Math.floor(bytes.length / 2)]! ^= 1
    await rewrite(made.store, 3, bytes)
    return { ...made, journal }
  }

  test('stops whoever would take the older history before it for the newest', async () => {
    const { open, journal } = await damaged()
    await expect(open()).rejects.toMatchObject({ code: 'journal-rewritten', fields: { sequence: 3, foundSequence: 4 } })
    await expect(open({ pin: { sequence: 2, hash: (await slotHashAt(journal, 2))! } })).rejects.toMatchObject({ code: 'journal-rewritten' })
    await expect(open({ pin: journal.pin() })).rejects.toMatchObject({ code: 'journal-fork' })
  })

  test('does not stop who saw the whole history', async () => {
    const { open, journal } = await damaged()
    expect((await open({ cached: journal.encodeState() })).state.snapshots).toHaveLength(5)
  })

  test('is given up by an owner, and then stops nobody', async () => {
    const { store, genesis, open, journal } = await damaged()
    const lost = { sequence: 4, hash: (await slotHashAt(journal, 4))! }
    await acceptJournal({ store, repository: genesis.id, lost, reason: 'no copy has it', ...KEYS })
    expect((await open()).state.snapshots).toHaveLength(2)
    const rewritten = { code: 'journal-rewritten', sequence: 3 }
    expect(await verifyJournal(store)).toMatchObject({ ok: true, problems: [], accepted: [{ ...rewritten, acceptedAt: 6 }] })
  })

  test('is not given up by an acceptance that counts for nothing', async () => {
    const { store, open } = await damaged()
    const { state } = await open({ allowOtherHistory: true })
    const clear = { sequence: state.head.sequence, hash: Buffer.from(state.head.hash) }
    const details = { reason: 'mine', lostSequence: 4, lostHash: Buffer.alloc(32) }
    const forged = forge({ repository: state.repository, head: state.head }, key(66), 'journal_accepted', clear, { details })
    await store.put('journal/0000000000000006', forged)
    expect(await verifyJournal(store)).toMatchObject({ ok: false, problems: [{ code: 'journal-rewritten', sequence: 3 }], accepted: [] })
  })

  test('an old entry in a later slot is junk, and stops nobody', async () => {
    const { store, open } = await fixture()
    const journal = await open()
    for (let i = 0; i < 3; i += 1) await commit(journal)
    await store.put('journal/0000000000000004', await slotBytes(store, 2))
    expect((await open()).state.snapshots).toHaveLength(3)
  })

  test('an entry that is gone stops the next commit of who saw it', async () => {
    const { store, open } = await fixture()
    const journal = await open()
    for (let i = 0; i < 3; i += 1) await commit(journal)
    await expect(journal.assertWhole()).resolves.toBeUndefined()
    await rewrite(store, 2)
    await expect(journal.assertWhole()).rejects.toMatchObject({ code: 'journal-omission', fields: { missingSequence: 2 } })
  })
})

async function slotHashAt(journal: Journal, sequence: number): Promise<Buffer | undefined> {
  const slot = await readSlot(journal.store, sequence)
  return slot && Buffer.from(slot.hash)
}

describe('accepting a legitimate rollback', () => {
  test('clients with exactly the lost pin follow an owner, others still stop', async () => {
    const { store, open, base, pin, cached } = await rolledBack()
    await expect(open({ store, pin })).rejects.toMatchObject({ code: 'journal-rollback' })
    const accepted = await acceptJournal(base)
    expect(accepted.state.head.sequence).toBe(4)
    for (const seen of [{ pin }, { cached }, { pin, cached }]) {
      const journal = await open({ store, ...seen })
      expect([journal.accepted, journal.start.from, journal.state.head.sequence]).toEqual([true, 'genesis', 4])
    }
    await commit(await open({ store, pin }))
    await commit(await open({ store, pin }))
    expect((await open({ store, pin })).accepted).toBe(true)
    await expect(open({ store, pin: { sequence: 5, hash: Buffer.alloc(32) } })).rejects.toMatchObject({ code: 'journal-fork' })
    await expect(open({ store, pin: { sequence: 9, hash: pin.hash } })).rejects.toMatchObject({ code: 'journal-rollback' })
    const log = await Array.fromAsync((await open({ store })).entries({ from: 4 }))
    expect(log[0]).toMatchObject({ entry: { event: 'journal_accepted' }, details: { reason: 'restored from last week', lostSequence: 5 } })
  })

  test('there must be something to accept, and only an owner may', async () => {
    const { store, base, open } = await rolledBack()
    const writer = key(2)
    await change(await open({ store }), { add: [{ signing: writer, roles: ['writer'] }] })
    await expect(acceptJournal({ ...base, signing: writer })).rejects.toMatchObject({ name: 'AccessError', code: 'role' })
    await acceptJournal(base)
    await expect(acceptJournal(base)).rejects.toMatchObject({ name: 'UsageError', code: 'nothing-to-accept' })
  })

  test('an acceptance that names no head of this journal, or comes from nobody, is no acceptance', async () => {
    const { store, open, pin, genesis } = await rolledBack()
    const journal = await open({ store })
    const at = { repository: genesis.id, head: journal.pin() }
    const details = { details: { reason: '', lostSequence: pin.sequence, lostHash: pin.hash } }
    await plant(journal, forge(at, OWNER, 'journal_accepted', { sequence: 3, hash: Buffer.alloc(32) }, details))
    await expect(open({ store, pin })).rejects.toMatchObject({ code: 'journal-rollback' })
    const next = { repository: genesis.id, head: journal.pin() }
    await plant(journal, forge(next, key(66), 'journal_accepted', { sequence: 4, hash: next.head.hash }, details))
    await expect(open({ store, pin })).rejects.toMatchObject({ code: 'journal-fork' })
  })

  test('an owner who was removed cannot roll the removal back for whoever saw it', async () => {
    const { store, open, genesis } = await fixture()
    const journal = await open()
    const thief = key(6)
    await change(journal, { add: [{ signing: thief, roles: ['owner'] }] })
    await change(journal, { remove: [thief] })
    const old = await copyOf(store, 1)
    await acceptJournal({
      store: old,
      repository: genesis.id,
      lost: journal.pin(),
      reason: 'trust me',
      journalKey: JOURNAL_KEY,
      signing: thief,
    })
    await expect(open({ store: old, cached: journal.encodeState() })).rejects.toMatchObject({ code: 'journal-fork' })
  })
})

describe('checkpoints', () => {
  async function longJournal(count: number) {
    const made = await fixture()
    const journal = await made.open()
    for (let i = 0; i < count; i += 1) {
      await commit(journal)
    }
    return { ...made, journal }
  }

  test('are due after every 256 entries, for whoever saw the multiple pass', async () => {
    const { journal, open } = await longJournal(CHECKPOINT_EVERY - 1)
    expect(checkpointDue(journal.state)).toBe(false)
    const other = await open({ cached: journal.encodeState() })
    await commit(journal)
    await other.refresh()
    expect([checkpointDue(journal.state), checkpointDue(other.state)]).toEqual([true, true])
    expect(checkpointDue((await open({ cached: journal.encodeState() })).state), 'a later process of the same client').toBe(true)
    await writeCheckpoint(journal, KEYS)
    await other.refresh()
    expect([checkpointDue(journal.state), checkpointDue(other.state), checkpointDue((await open()).state)]).toEqual([false, false, false])
    expect(checkpointDue((await open({ cached: journal.encodeState() })).state)).toBe(false)
  })

  test('open a journal in a few reads, say so, and give the same state as a full replay', async () => {
    const { store, journal, open } = await longJournal(40)
    await plant(journal, Buffer.from('junk'))
    await writeCheckpoint(journal, KEYS)
    await commit(journal)
    const counting = new FaultyStore(store)
    const quick = await open({ store: counting, fromCheckpoint: true })
    expect(quick.start).toEqual({ from: 'checkpoint', sequence: 41 })
    expect(counting.operations.length).toBeLessThan(12)
    const full = await open()
    expect(quick.encodeState()).toEqual(full.encodeState())
    await expect(open({ fromCheckpoint: true, pin: journal.pin() })).resolves.toMatchObject({ start: { from: 'checkpoint' } })
    await expect(open({ fromCheckpoint: true, pin: { sequence: 3, hash: Buffer.alloc(32) } })).rejects.toMatchObject({
      code: 'journal-fork',
    })
    await expect(open({ fromCheckpoint: true, pin: { sequence: 43, hash: Buffer.alloc(32) } })).rejects.toMatchObject({
      code: 'journal-fork',
    })
  })

  test('only an owner writes one; another member, even an owner who is not pinned, is not believed', async () => {
    const { journal, open } = await longJournal(3)
    const [writer, second] = [key(2), key(3)]
    const add = [
      { signing: writer, roles: ['writer' as const] },
      { signing: second, roles: ['owner' as const] },
    ]
    await change(journal, { add })
    await expect(writeCheckpoint(journal, { ...KEYS, signing: writer })).rejects.toMatchObject({ name: 'AccessError', code: 'role' })
    await writeCheckpoint(journal, { ...KEYS, signing: second })
    expect((await open({ fromCheckpoint: true })).start.from).toBe('genesis')
    await writeCheckpoint(journal, KEYS)
    expect((await open({ fromCheckpoint: true })).start.from).toBe('checkpoint')
  })

  test('one that is damaged, missing or of another history costs a full replay and nothing else', async () => {
    const { store, journal, open } = await longJournal(5)
    await writeCheckpoint(journal, KEYS)
    const { key: checkpoint } = (await Array.fromAsync(store.list('checkpoints/')))[0]!
    const bytes = (await store.get(checkpoint, { maxBytes: 1 << 20 }))!
    const permit = issuePermit('test', () => true)
    await store.remove(checkpoint, permit)
    expect((await open({ fromCheckpoint: true })).start.from).toBe('genesis')
    bytes[bytes.length >> 1]! ^= 1
    await store.put(checkpoint, bytes)
    expect((await open({ fromCheckpoint: true })).start.from).toBe('genesis')
    const lie = forge({ repository: journal.repository, head: journal.pin() }, OWNER, 'checkpoint', {
      state: Buffer.alloc(32),
      sequence: 99,
    })
    await plant(journal, lie)
    expect((await open({ fromCheckpoint: true })).state.head).toEqual(journal.pin())
  })

  test('a cached state that is no state is refused', async () => {
    const { journal, open } = await longJournal(2)
    const cached = journal.encodeState()
    cached[0]! ^= 1
    await expect(open({ cached })).rejects.toMatchObject({ name: 'FormatError' })
  })
})

describe('verifying without any key', () => {
  test('a sound journal is sound, junk and all', async () => {
    const { store, genesis, open } = await fixture()
    const journal = await open()
    await commit(journal)
    await plant(journal, Buffer.from('junk'))
    await commit(journal)
    expect(await verifyJournal(store, { expectedRepository: genesis.id, pin: journal.pin() })).toMatchObject({
      ok: true,
      repository: genesis.id,
      entries: 3,
      head: journal.pin(),
      voids: [{ sequence: 2, reason: 'form' }],
      problems: [],
    })
  })

  test('an attack is named: rewriting, omission, rollback, replacement, forged genesis, a newer event', async () => {
    const { store, genesis, open } = await fixture()
    const journal = await open()
    for (let i = 0; i < 5; i += 1) {
      await commit(journal)
    }
    const codes = async (options: Parameters<typeof verifyJournal>[1] = {}, from = store) => {
      const { ok, problems } = await verifyJournal(from, options)
      expect(ok).toBe(false)
      return problems.map(({ code }) => code)
    }
    expect(await codes({ expectedRepository: Buffer.alloc(32) })).toEqual(['repository-replaced'])
    expect(await codes({ pin: { sequence: 8, hash: Buffer.alloc(32) } })).toEqual(['journal-rollback'])
    expect(await codes({ pin: { sequence: 2, hash: Buffer.alloc(32) } })).toEqual(['journal-fork'])
    const newer = await copyOf(store, 5)
    await newer.put('journal/0000000000000006', forge({ repository: genesis.id, head: journal.pin() }, OWNER, 'erased', {}))
    expect(await codes({}, newer)).toEqual(['newer-repository'])
    await rewrite(store, 3, Buffer.from('junk'))
    expect(await codes()).toEqual(['journal-rewritten'])
    await rewrite(store, 3)
    expect(await codes()).toEqual(['journal-omission'])
    const bytes = await slotBytes(store, 0)
    bytes[bytes.length - 1]! ^= 1
    await rewrite(store, 0, bytes)
    expect(await codes()).toEqual(['genesis-invalid'])
    await rewrite(store, 0)
    await expect(verifyJournal(store)).rejects.toMatchObject({ code: 'repository-not-found' })
  })
})
