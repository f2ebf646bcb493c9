import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { journalKey as slotKeyOf } from '../../format/store-key.ts'
import { StoreError } from '../../src/errors.ts'
import { seriesTag } from '../../src/repository/journal/entry-details.ts'
import { Journal } from '../../src/repository/journal/journal.ts'
import { slotHash } from '../../src/repository/journal/slots.ts'
import { FileSystemStore } from '../../src/repository/store/file-system-store.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { randomBytes } from '../../src/runtime/random.ts'
import { atOperation, CrashError, crashPoints, enumerateOperations, FaultyStore } from '../support/faulty-store.ts'
import { change, commit, fixture, JOURNAL_KEY, key, OWNER, slotBytes, snapshotDetails } from '../support/journal-fixture.ts'

const SNAPSHOT = () => ({ manifest: randomBytes(32), series: seriesTag(JOURNAL_KEY, 'home') })

describe('appending', () => {
  test.each(['memory', 'file system'])('twenty racers: each slot has one winner, and every entry stands once (%s)', async (kind) => {
    const root = kind === 'memory' ? undefined : await mkdtemp(join(tmpdir(), 'journal-race-'))
    const store: ObjectStore = root === undefined ? new MemoryStore() : await FileSystemStore.create(root)
    try {
      const { open } = await fixture(store)
      const racers = await Promise.all(Array.from({ length: 20 }, () => open()))
      const appended = await Promise.all(racers.map((journal) => commit(journal)))
      expect(appended.map(({ sequence }) => sequence).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
      const { state } = await open()
      expect(state.voids.size).toBe(0)
      expect(new Set(state.snapshots.map(({ manifest }) => manifest.toString())).size).toBe(20)
      await Promise.all(racers.map((journal) => journal.refresh()))
      for (const racer of racers) {
        expect(racer.pin()).toEqual(state.head)
      }
    } finally {
      if (root !== undefined) {
        await rm(root, { recursive: true })
      }
    }
  })

  test('appends of one process take turns', async () => {
    const { open } = await fixture()
    const journal = await open()
    const entries = await Promise.all(Array.from({ length: 10 }, () => commit(journal)))
    expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('the guard sees every state on the way and can give up', async () => {
    const { open } = await fixture()
    const [mine, theirs] = [await open(), await open()]
    await commit(theirs)
    const heads: number[] = []
    const append = (limit: number) =>
      mine.append({
        event: 'snapshot_created',
        clear: SNAPSHOT(),
        details: snapshotDetails('home'),
        signing: OWNER,
        guard: async (state) => {
          heads.push(state.head.sequence)
          if (heads.length > limit) {
            throw new StoreError('guard', 'enough')
          }
          if (heads.length < 3) {
            await commit(theirs)
          }
        },
      })
    expect((await append(9)).sequence).toBe(4)
    expect(heads).toEqual([1, 2, 3])
    await expect(append(0)).rejects.toMatchObject({ code: 'guard' })
    expect((await open()).state.head.sequence).toBe(4)
  })

  test('a writer who is revoked between two attempts does not get through', async () => {
    const { open } = await fixture()
    const journal = await open()
    const writer = key(2)
    await change(journal, { add: [{ signing: writer, roles: ['writer'] }] })
    const mine = await open()
    let revoked = false
    const late = mine.append({
      event: 'snapshot_created',
      clear: SNAPSHOT(),
      details: snapshotDetails('home'),
      signing: writer,
      guard: async () => {
        if (!revoked) {
          revoked = true
          await change(journal, { remove: [writer] })
        }
      },
    })
    await expect(late).rejects.toMatchObject({ name: 'AccessError', code: 'member' })
    expect((await open()).state.snapshots).toEqual([])
  })

  test('clear fields can follow the state of each attempt', async () => {
    const { open } = await fixture()
    const [mine, theirs] = [await open(), await open()]
    let raced = false
    const entry = await mine.append({
      event: 'journal_accepted',
      clear: ({ head }) => ({ sequence: head.sequence, hash: Buffer.from(head.hash) }),
      details: { reason: '', lostSequence: 9, lostHash: Buffer.alloc(32) },
      signing: OWNER,
      guard: async () => {
        if (!raced) {
          raced = true
          await commit(theirs)
        }
      },
    })
    expect(entry.clear).toEqual({ sequence: 1, hash: theirs.pin().hash })
  })

  test('a put that timed out after it succeeded is a success, and stands once', async () => {
    const { store, open } = await fixture()
    const journal = await open()
    const puts = (operation: { method: string }) => operation.method === 'put'
    const timeout = new StoreError('store-io', 'timed out')
    let [first, failures] = [true, 0]
    const faulty = new FaultyStore(store, {
      plan: (operation) => {
        if (puts(operation) && first) {
          first = false
          failures += 1
          return { action: 'fail', when: 'after', error: timeout }
        }
        return undefined
      },
    })
    const slow = await open({ store: faulty })
    const entry = await commit(slow)
    expect([failures, entry.sequence, slow.state.snapshots.length]).toEqual([1, 1, 1])
    await journal.refresh()
    expect(journal.pin()).toEqual(slow.pin())
  })

  test('a store that is full says so, and the journal is as it was', async () => {
    const { store, open } = await fixture()
    const full = new StoreError('store-no-space', 'full')
    const faulty = new FaultyStore(store, {
      plan: ({ method }) => (method === 'put' ? { action: 'fail', when: 'before', error: full } : undefined),
    })
    const journal = await open({ store: faulty })
    await expect(commit(journal)).rejects.toBe(full)
    expect(journal.state.head.sequence).toBe(0)
    expect((await open()).state.head.sequence).toBe(0)
  })

  test('a crash at any operation of an append leaves the old journal or the new one', async () => {
    const make = async () => (await fixture()).store
    const run = async (store: ObjectStore) => {
      const journal = await Journal.open({ store, repository: await idOf(store), journalKey: JOURNAL_KEY })
      await commit(journal)
    }
    const operations = await enumerateOperations(make, run)
    expect(operations.filter(({ method }) => method === 'put')).toHaveLength(1)
    const ends: number[] = []
    for (const { operation, when } of crashPoints(operations)) {
      const store = await make()
      const crashing = new FaultyStore(store, { plan: atOperation(operation.index, { action: 'crash', when }) })
      await expect(run(crashing)).rejects.toThrow(CrashError)
      const { state } = await Journal.open({ store, repository: await idOf(store), journalKey: JOURNAL_KEY })
      expect(state.voids.size).toBe(0)
      ends.push(state.head.sequence)
      await run(store)
    }
    expect(new Set(ends)).toEqual(new Set([0, 1]))
  })

  test('what would be void is never written', async () => {
    const { store, open } = await fixture()
    const journal = await open()
    const reader = key(4)
    await change(journal, { add: [{ signing: reader, roles: ['reader'] }] })
    const refused = (work: Promise<unknown>, code: string) => expect(work).rejects.toMatchObject({ code })
    await refused(commit(journal, 'home', reader), 'role')
    await refused(commit(journal, 'home', key(9)), 'member')
    await refused(journal.append({ event: 'attest', clear: { packs: Buffer.alloc(5) }, signing: OWNER }), 'journal-clear')
    await refused(journal.append({ event: 'repository_created', signing: OWNER }), 'journal-form')
    await refused(journal.append({ event: 'audit_batch', clear: { records: [Buffer.alloc(1 << 20)] }, signing: OWNER }), 'journal-oversize')
    const details = { name: 'two..dots' }
    await refused(journal.append({ event: 'tag_set', clear: { manifest: randomBytes(32) }, details, signing: OWNER }), 'series-name')
    const keyless = await Journal.open({ store, repository: journal.repository })
    await refused(keyless.append({ event: 'backup_failed', details: { why: '' }, signing: OWNER }), 'no-journal-key')
    await refused(
      journal.append({ event: 'attest', clear: { packs: Buffer.alloc(0) }, signing: OWNER, signal: AbortSignal.abort() }),
      'cancelled',
    )
    expect((await open()).state.head.sequence).toBe(1)
  })

  test('two attempts never share a salt', async () => {
    const { store, open } = await fixture()
    const journal = await open()
    await commit(journal)
    await commit(journal)
    const lines = await Array.fromAsync(journal.entries({ from: 1 }))
    const salts = lines.map(({ entry }) =>
      Buffer.from(entry?.sealed ?? [])
        .subarray(0, 32)
        .toString('hex'),
    )
    expect(new Set(salts).size).toBe(2)
    expect(await store.size(slotKeyOf(2))).toBeGreaterThan(0)
  })
})

async function idOf(store: ObjectStore): Promise<Buffer> {
  return slotHash(await slotBytes(store, 0))
}
