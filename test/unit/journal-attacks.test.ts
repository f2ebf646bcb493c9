import { describe, expect, test } from 'vitest'
import { toHex } from '../../format/bytes.ts'
import { RESERVED_EVENTS } from '../../format/events.ts'
import { decodeSigned, encodeSigned } from '../../format/journal.ts'
import { journalKey as slotKeyOf } from '../../format/store-key.ts'
import { seriesTag } from '../../src/repository/journal/entry-details.ts'
import type { Journal } from '../../src/repository/journal/journal.ts'
import type { VoidReason } from '../../src/repository/journal/state.ts'
import { randomBytes } from '../../src/runtime/random.ts'
import {
  change,
  commit,
  copyOf,
  fixture,
  forge,
  JOURNAL_KEY,
  key,
  OWNER,
  plant,
  rewrite,
  slotBytes,
  snapshotDetails,
} from '../support/journal-fixture.ts'

const SNAPSHOT = (series: string) => ({ manifest: randomBytes(32), series: seriesTag(JOURNAL_KEY, series) })
const DETAILS = (series: string) => ({ details: { ...snapshotDetails(series) } })

async function started() {
  const made = await fixture()
  const journal = await made.open()
  const at = () => ({ repository: journal.repository, head: journal.pin() })
  return { ...made, journal, at }
}

/** What must hold of every attack by junk: the slot is void for the given reason, nothing changed, and the next commit goes through. */
async function expectVoid(journal: Journal, bytes: Uint8Array, reason: VoidReason): Promise<void> {
  const before = {
    ...journal.state,
    head: undefined,
    voids: undefined,
    members: [...journal.state.members],
    snapshots: [...journal.state.snapshots],
  }
  await plant(journal, bytes)
  const { state } = journal
  expect(state.voids.get(state.head.sequence)).toBe(reason)
  expect({ ...state, head: undefined, voids: undefined, members: [...state.members], snapshots: [...state.snapshots] }).toEqual(before)
  await commit(journal)
  expect(state.voids.has(state.head.sequence)).toBe(false)
  expect(state.snapshots).toHaveLength(before.snapshots.length + 1)
}

describe('history', () => {
  test('rollback: a store put back to an older copy stops a client with a pin or a cached state', async () => {
    const { store, open, journal } = await started()
    for (let i = 0; i < 5; i += 1) {
      await commit(journal)
    }
    const old = await copyOf(store, 3)
    for (const seen of [{ pin: journal.pin() }, { cached: journal.encodeState() }, { pin: journal.pin(), cached: journal.encodeState() }]) {
      await expect(open({ store: old, ...seen })).rejects.toMatchObject({
        name: 'StopError',
        code: 'journal-rollback',
        fields: { pinnedSequence: 5, pinnedHash: toHex(journal.pin().hash), foundSequence: 3 },
      })
    }
    expect((await open({ store: old })).state.head.sequence).toBe(3)
  })

  test('rollback under a running process stops its next append', async () => {
    const { store, journal } = await started()
    await commit(journal)
    await commit(journal)
    await rewrite(store, 2)
    await expect(commit(journal)).rejects.toMatchObject({ code: 'journal-rollback', fields: { pinnedSequence: 2, foundSequence: 1 } })
  })

  test('fork: another history of the same length or longer stops', async () => {
    const { store, open, journal } = await started()
    await commit(journal)
    const other = await open({ store: await copyOf(store, 1) })
    await commit(journal)
    await commit(journal)
    for (let length = 2; length < 5; length += 1) {
      await commit(other)
      if (length < 3) {
        continue
      }
      for (const seen of [{ pin: journal.pin() }, { cached: journal.encodeState() }]) {
        await expect(open({ store: other.store, ...seen })).rejects.toMatchObject({
          name: 'StopError',
          code: 'journal-fork',
          fields: { pinnedSequence: 3, pinnedHash: toHex(journal.pin().hash), foundSequence: 3 },
        })
      }
    }
    await rewrite(store, 3, await slotBytes(other.store, 3))
    await expect(journal.refresh()).rejects.toMatchObject({ code: 'journal-fork' })
  })

  test('omission: a slot missing in the middle stops, pinned or not', async () => {
    const { store, open, journal } = await started()
    for (let i = 0; i < 5; i += 1) {
      await commit(journal)
    }
    const cached = journal.encodeState()
    await rewrite(store, 3)
    const omission = { name: 'StopError', code: 'journal-omission', fields: { missingSequence: 3, lastSequence: 5 } }
    await expect(open()).rejects.toMatchObject(omission)
    await expect(open({ pin: { sequence: 3, hash: Buffer.alloc(32) } })).rejects.toMatchObject(omission)
    expect((await open({ cached })).state.head.sequence).toBe(5)
    await rewrite(store, 4)
    await rewrite(store, 5)
    await store.put(slotKeyOf(7), Buffer.from('later'))
    await expect(open({ cached })).rejects.toMatchObject({ code: 'journal-omission' })
    await expect(journal.refresh()).rejects.toMatchObject({ code: 'journal-omission' })
  })

  test('junk in the place of an old entry voids all that follows, and stops everybody', async () => {
    const { store, open, journal } = await started()
    for (let i = 0; i < 6; i += 1) {
      await commit(journal)
    }
    const [pin, cached] = [journal.pin(), journal.encodeState()]
    await rewrite(store, 3, Buffer.from('junk'))
    await expect(open()).rejects.toMatchObject({ code: 'journal-rewritten', fields: { sequence: 3 } })
    const { state } = await open({ allowOtherHistory: true })
    expect([...state.voids.values()]).toEqual(['form', 'chain', 'chain', 'chain'])
    expect(state.snapshots).toHaveLength(2)
    await expect(open({ pin })).rejects.toMatchObject({ code: 'journal-fork', fields: { pinnedSequence: 6, foundSequence: 6 } })
    // The cached state was verified before the rewriting, and its last entry still stands; a full replay stops.
    expect((await open({ cached })).state.snapshots).toHaveLength(6)
    await expect(Array.fromAsync(journal.entries())).rejects.toMatchObject({ code: 'journal-fork' })
  })

  test('void slots at the end are no part of a pin: what was damaged there may come back, and the last entry may not go', async () => {
    const { store, open, journal } = await started()
    await commit(journal)
    const good = await copyOf(store, 1)
    await plant(journal, Buffer.from('junk'))
    await plant(journal, Buffer.from('more junk'))
    const seen = [{ pin: journal.pin() }, { cached: journal.encodeState() }]
    expect(journal.pin().sequence).toBe(1)
    for (const each of seen) {
      const opened = await open({ store: await copyOf(store, 3), ...each })
      expect(opened.state.head).toEqual(journal.state.head)
      expect([...opened.state.voids.keys()]).toEqual([2, 3])
    }
    await rewrite(store, 2, Buffer.from('other junk'))
    for (const each of seen) expect((await open(each)).pin()).toEqual(journal.pin())
    await expect(journal.refresh()).rejects.toMatchObject({ code: 'journal-fork' })
    for (const each of seen) expect((await open({ store: good, ...each })).pin()).toEqual(journal.pin())
    await rewrite(store, 1, Buffer.from('junk in place of the entry'))
    for (const each of seen) await expect(open(each)).rejects.toMatchObject({ code: 'journal-fork' })
  })

  test('replay from another repository: its entries are void here', async () => {
    const { journal } = await started()
    const other = await started()
    await commit(other.journal)
    await expectVoid(journal, await slotBytes(other.store, 1), 'repository')
    const elsewhere = forge({ ...other.at(), head: journal.pin() }, OWNER, 'snapshot_created', SNAPSHOT('home'), DETAILS('home'))
    await expectVoid(journal, elsewhere, 'repository')
  })

  // LESSONS: gittuf CVE-2026-44544: an old but validly signed policy replayed.
  test('replay of an earlier entry of the same journal is void', async () => {
    const { journal, store, at } = await started()
    await commit(journal)
    await expectVoid(journal, await slotBytes(store, 1), 'sequence')
    await expectVoid(journal, await slotBytes(store, 0), 'repository')
    const moved = forge(at(), OWNER, 'attest', { packs: Buffer.alloc(0) }, { entry: { previous: journal.repository } })
    await expectVoid(journal, moved, 'chain')
  })

  test('a second genesis entry is void', async () => {
    const { journal, genesis, at } = await started()
    await expectVoid(journal, forge(at(), OWNER, 'repository_created', genesis.entry.clear), 'form')
  })

  // LESSONS: restic: back-dated snapshots make forget drop the real ones.
  test('back-dated and future entries are harmless: their place alone counts', async () => {
    const { journal, open, at } = await started()
    await commit(journal)
    for (const time of [-1e15, 0, 8e15]) {
      await plant(
        journal,
        forge(at(), OWNER, 'snapshot_created', SNAPSHOT('home'), {
          details: { ...snapshotDetails('home', { createdAt: time }) },
          entry: { time },
        }),
      )
    }
    await commit(journal)
    const { state } = await open()
    expect(state.snapshots.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5])
    expect(state.heads.get('home')?.sequence).toBe(5)
    expect(state.voids.size).toBe(0)
  })
})

describe('members', () => {
  test('a forged role: who only claims to be an owner is nobody', async () => {
    const { journal, at } = await started()
    const thief = key(66)
    const promotion = { add: [{ key: thief.publicKey, roles: ['owner'] }], remove: [] }
    await expectVoid(journal, forge(at(), thief, 'permission_change', promotion), 'member')
    await expectVoid(journal, forge(at(), thief, 'permission_change', promotion, { entry: { member: OWNER.memberId } }), 'signature')
    await expectVoid(journal, forge(at(), thief, 'snapshot_created', SNAPSHOT('home'), DETAILS('home')), 'member')
  })

  test('a signature for another kind of object or another entry does not pass', async () => {
    const { journal, at } = await started()
    const [inner] = decodeSigned(forge(at(), OWNER, 'attest', { packs: Buffer.alloc(0) }), 1 << 20)
    await expectVoid(journal, encodeSigned([inner, OWNER.sign('spool-record', journal.repository, inner)]), 'signature')
    const [other] = decodeSigned(forge(at(), OWNER, 'attest', { packs: Buffer.alloc(0) }), 1 << 20)
    await expectVoid(journal, encodeSigned([other, OWNER.sign('journal-entry', randomBytes(32), other)]), 'signature')
    const flipped = forge(at(), OWNER, 'attest', { packs: Buffer.alloc(0) })
    flipped[flipped.length - 1]! ^= 1
    await expectVoid(journal, flipped, 'signature')
  })

  test('a writer outside its series is refused, and void when it tries all the same', async () => {
    const { journal, at } = await started()
    const writer = key(2)
    await change(journal, { add: [{ signing: writer, roles: ['writer'], series: ['home'] }] })
    await commit(journal, 'home', writer)
    await expect(commit(journal, 'mail', writer)).rejects.toMatchObject({ name: 'AccessError', code: 'series' })
    await expectVoid(journal, forge(at(), writer, 'snapshot_created', SNAPSHOT('mail'), DETAILS('mail')), 'series')
  })

  test('a writer adding members is refused, and void when it tries all the same', async () => {
    const { journal, at } = await started()
    const writer = key(2)
    await change(journal, { add: [{ signing: writer, roles: ['writer'] }] })
    await expect(change(journal, { add: [{ signing: writer, roles: ['owner'] }] }, writer)).rejects.toMatchObject({ code: 'role' })
    const promotion = { add: [{ key: writer.publicKey, roles: ['owner'] }], remove: [OWNER.memberId] }
    await expectVoid(journal, forge(at(), writer, 'permission_change', promotion), 'role')
    for (const [event, clear] of [
      ['checkpoint', { state: Buffer.alloc(32), sequence: 0 }],
      ['features_set', { read: ['x'], write: [], check: [], delete: [] }],
      ['attest', { packs: Buffer.alloc(32) }],
      ['journal_accepted', { sequence: 0, hash: Buffer.alloc(32) }],
      ['tag_set', { manifest: Buffer.alloc(32) }],
    ] as const) {
      await expectVoid(journal, forge(at(), writer, event, clear), 'role')
    }
  })

  // LESSONS: restic: a leaked key cannot be revoked.
  test('a revoked writer is out from the next entry on; what it wrote before stays', async () => {
    const { journal, open, at } = await started()
    const writer = key(2)
    await change(journal, { add: [{ signing: writer, roles: ['writer'] }] })
    await commit(journal, 'home', writer)
    const mine = await open()
    await change(journal, { remove: [writer] })
    await expect(commit(mine, 'home', writer)).rejects.toMatchObject({ name: 'AccessError', code: 'member' })
    await expectVoid(journal, forge(at(), writer, 'snapshot_created', SNAPSHOT('home'), DETAILS('home')), 'member')
    expect((await open()).state.snapshots[0]?.member).toEqual(writer.memberId)
  })

  test('the last owner cannot be removed or demoted', async () => {
    const { journal, at } = await started()
    await expect(change(journal, { remove: [OWNER] })).rejects.toMatchObject({ name: 'UsageError', code: 'journal-no-owner' })
    await expect(change(journal, { add: [{ signing: OWNER, roles: ['reader'] }] })).rejects.toMatchObject({ code: 'journal-no-owner' })
    await expectVoid(journal, forge(at(), OWNER, 'permission_change', { add: [], remove: [OWNER.memberId] }), 'no-owner')
    await change(journal, { remove: [OWNER], add: [{ signing: OWNER, roles: ['owner', 'reader'] }] })
    expect(journal.member(OWNER.memberId)?.roles).toEqual(['owner', 'reader'])
  })

  test('more than 1,024 members are void', async () => {
    const { journal, at } = await started()
    const members = (count: number, from: number) =>
      Array.from({ length: count }, (_, i) => ({ key: randomKey(from + i), roles: ['reader'] }))
    await plant(journal, forge(at(), OWNER, 'permission_change', { add: members(1000, 0), remove: [] }))
    expect(journal.state.members.size).toBe(1001)
    await expectVoid(journal, forge(at(), OWNER, 'permission_change', { add: members(24, 1000), remove: [] }), 'limit')
    await plant(journal, forge(at(), OWNER, 'permission_change', { add: members(23, 1000), remove: [] }))
    expect(journal.state.members.size).toBe(1024)
  })
})

function randomKey(n: number): Buffer {
  const bytes = Buffer.alloc(32, 0xee)
  bytes.writeUInt32BE(n)
  return bytes
}

describe('slots', () => {
  test('a junk slot is void and blocks nobody', async () => {
    const { journal, open } = await started()
    for (const junk of [Buffer.alloc(0), Buffer.from('junk'), randomBytes(5000), Buffer.alloc(1000, 0x80)]) {
      await expectVoid(journal, junk, 'form')
    }
    expect((await open()).state.head).toEqual(journal.pin())
  })

  test('an oversize slot is void and costs one MiB of memory', async () => {
    const { journal, open, at } = await started()
    await expectVoid(journal, Buffer.alloc((1 << 20) + 1), 'oversize')
    await expectVoid(journal, randomBytes(3 << 20), 'oversize')
    await expectVoid(journal, Buffer.concat([forge(at(), OWNER, 'attest', { packs: Buffer.alloc(0) }), Buffer.alloc(1 << 20)]), 'oversize')
    expect((await open()).state.head).toEqual(journal.pin())
  })

  test('an unknown event is void, its clear fields or not', async () => {
    const { journal, at } = await started()
    await expectVoid(journal, forge(at(), OWNER, 'world_peace', {}), 'event')
    await expectVoid(journal, forge(at(), OWNER, 'toString', {}), 'event')
    await expectVoid(journal, forge(at(), OWNER, 'attest', { packs: Buffer.alloc(31) }), 'clear')
    await expectVoid(journal, forge(at(), OWNER, 'attest', { packs: Buffer.alloc(32), more: 1 }), 'clear')
    await expectVoid(journal, forge(at(), OWNER, 'backup_completed', { surprise: true }), 'clear')
  })

  test('a reserved event of an owner stops; of a writer, or of anybody else, it is junk', async () => {
    for (const event of RESERVED_EVENTS) {
      const { journal, open, at } = await started()
      await expectVoid(journal, forge(at(), key(66), event, {}), 'member')
      await change(journal, { add: [{ signing: key(67), roles: ['writer', 'reader', 'approver', 'witness'] }] })
      await expectVoid(journal, forge(at(), key(67), event, {}), 'role')
      const head = journal.pin()
      await expect(plant(journal, forge(at(), OWNER, event, {}))).rejects.toMatchObject({
        name: 'StopError',
        code: 'newer-repository',
        fields: { event, sequence: head.sequence + 1 },
      })
      expect(journal.pin()).toEqual(head)
      await expect(open()).rejects.toMatchObject({ code: 'newer-repository' })
      await expect(open({ cached: journal.encodeState() })).rejects.toMatchObject({ code: 'newer-repository' })
    }
  })
})
