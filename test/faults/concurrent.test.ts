// Two and three committers at once, interleaved operation by operation: all succeed, all snapshots read back equal, and in one series
// each snapshot follows the one before it. A writer who is removed in the middle fails.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { fc, test } from '@fast-check/vitest'
import { afterAll, beforeAll, expect } from 'vitest'
import { recordReliability } from '../../bench/reliability.ts'
import type { JournalEntry } from '../../format/journal.ts'
import { AccessError } from '../../src/errors.ts'
import { type CommitOutcome, commit } from '../../src/operations/commit/commit.ts'
import { SigningKey } from '../../src/repository/crypto/signing.ts'
import { Repository } from '../../src/repository/repository.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'
import { commitIn, FACTS, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { makeSampleTree } from '../support/sample-tree.ts'
import { ScheduledStore } from '../support/scheduled-store.ts'
import { scratch } from '../support/scratch.ts'
import { copyOfOwner, readAll } from '../support/soundness.ts'
import { objectsOf, type StoredObjects, storeOf } from '../support/stored-objects.ts'
import { linesOnDisk, type TreeLines } from '../support/tree.ts'

const RUNS = process.env['SLOW'] === '1' ? 5000 : 80
const CLIENTS = ['a', 'b', 'c'] as const

const { at } = scratch()
const lines = new Map<string, TreeLines>()
let objects: StoredObjects
let owner: TestOwner
const counted = new Map<string, number>()

beforeAll(async () => {
  const store = new MemoryStore()
  owner = await initIn(store)
  for (const client of CLIENTS) {
    makeSampleTree(at(client))
    lines.set(client, linesOnDisk(at(client)))
  }
  objects = await objectsOf(store)
})

afterAll(() =>
  recordReliability(
    'concurrent',
    [...counted].map(([what, caseCount]) => ({ what, caseCount, failureCount: 0 })),
  ),
)

function count(what: string): void {
  counted.set(what, (counted.get(what) ?? 0) + 1)
}

/** Manifests in the order of the journal. */
async function historyOf(store: MemoryStore): Promise<{ manifest: string; series: string; parents: string[] }[]> {
  const { journal } = await openAs(store, copyOfOwner(owner))
  return journal.state.snapshots.map(({ manifest, details }) => ({
    manifest: Buffer.from(manifest).toString('hex'),
    series: details.series,
    parents: details.parents.map((parent) => Buffer.from(parent).toString('hex')),
  }))
}

const shapes = fc.record({
  scheduler: fc.scheduler(),
  clients: fc.constantFrom<readonly (typeof CLIENTS)[number][]>(['a', 'b'], ['a', 'b', 'c']),
  series: fc.constantFrom<readonly string[]>(['same', 'same', 'same'], ['one', 'two', 'one']),
})

test.prop([shapes], { numRuns: RUNS })(
  'committers interleaved at every operation of the store',
  async ({ scheduler, clients, series }) => {
    const store = await storeOf(objects)
    const commits = clients.map((client, index) =>
      commitIn(new ScheduledStore(store, scheduler, client), copyOfOwner(owner), at(client), {
        facts: { ...FACTS, series: series[index]! },
      }),
    )
    const outcomes: CommitOutcome[] = await scheduler.waitFor(Promise.all(commits))
    const inOrder = clients
      .map((client, index) => ({ client, outcome: outcomes[index]! }))
      .sort((a, b) => a.outcome.sequence - b.outcome.sequence)
    const history = await historyOf(store)
    expect(history.map(({ manifest }) => manifest)).toEqual(inOrder.map(({ outcome }) => outcome.manifestId.toString('hex')))
    for (const [index, { series: name, parents }] of history.entries()) {
      const before = history.slice(0, index).findLast((other) => other.series === name)
      expect(parents).toEqual(before === undefined ? [] : [before.manifest])
    }
    expect(await readAll(await openAs(store, copyOfOwner(owner)))).toEqual(inOrder.map(({ client }) => lines.get(client)!))
    count(`${clients.length} committers, ${new Set(series).size} series`)
  },
  600_000,
)

test.prop([fc.scheduler(), fc.nat(12)], { numRuns: RUNS })(
  'a writer who is removed meanwhile has committed before that, or fails',
  async (scheduler, looks) => {
    const store = await storeOf(objects)
    const writer = SigningKey.fromSeed(Buffer.alloc(32, 5))
    await changeMembers(await openAs(store, copyOfOwner(owner)), { add: writer })
    const view = new ScheduledStore(store, scheduler, 'writer')
    const committing = openAsWriter(view, writer).then((repository) =>
      commit(repository, { root: captureRoot([at('a')]), facts: FACTS, threads: 0 }),
    )
    const remove = async () => {
      const view = new ScheduledStore(store, scheduler, 'owner')
      // A commit takes many more steps than a removal, and turns of the event loop: the owner looks around first, now and then.
      for (let look = 0; look < looks; look++) {
        await openAs(view, copyOfOwner(owner))
        for (let turn = 0; turn < 5; turn++) await nextTurn()
      }
      return changeMembers(await openAs(view, copyOfOwner(owner)), { remove: writer })
    }
    const removing = remove()
    const [committed, removed] = await scheduler.waitFor(Promise.allSettled([committing, removing]))
    if (removed.status === 'rejected') throw removed.reason
    if (committed.status === 'fulfilled') expect(committed.value.sequence).toBeLessThan(removed.value.sequence)
    else expect(committed.reason).toBeInstanceOf(AccessError)
    const snapshots = committed.status === 'fulfilled' ? [lines.get('a')!] : []
    expect(await readAll(await openAs(store, copyOfOwner(owner)))).toEqual(snapshots)
    expect([...(await objectsOf(store)).keys()].filter((key) => key.startsWith('leases/'))).toEqual([])
    count(committed.status === 'fulfilled' ? 'a writer commits and is removed after' : 'a writer is removed and fails')
  },
  600_000,
)

test('both ends of that race were seen', () => {
  expect(counted.get('a writer commits and is removed after')).toBeGreaterThan(0)
  expect(counted.get('a writer is removed and fails')).toBeGreaterThan(0)
})

/** A member with a key of its own that can write and not read. */
async function openAsWriter(store: ObjectStore, signing: SigningKey): Promise<Repository> {
  const { keys, journal } = await openAs(store, copyOfOwner(owner))
  const { repository, write } = keys
  return new Repository({ store, keys: { repository, ...(write && { write }), signing, member: signing.memberId }, journal })
}

async function changeMembers({ journal, signing }: Repository, change: { add?: SigningKey; remove?: SigningKey }): Promise<JournalEntry> {
  const add = change.add === undefined ? [] : [{ key: change.add.publicKey, roles: ['writer'] as const }]
  const remove = change.remove === undefined ? [] : [change.remove.memberId]
  return journal.append({
    event: 'permission_change',
    clear: { add, remove },
    details: { labels: {}, series: {}, reason: 'test' },
    signing,
  })
}
