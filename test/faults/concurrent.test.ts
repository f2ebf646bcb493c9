// Two and three committers at once, interleaved operation by operation: all succeed, all snapshots read back equal, and in one series
// each snapshot follows the one before it. A writer who is removed in the middle fails.
//
// What interleaves is what is asked of the store. So a case is made cheap by all else: three entries to capture, content that is not
// compressed, keys that hide and sign nothing. crash-points and concurrent-processes do without these stand-ins.

import fs from 'node:fs'
import { fc, test } from '@fast-check/vitest'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import type { JournalEntry } from '../../format/journal.ts'
import { REPOSITORY_JSON } from '../../format/store-key.ts'
import { AccessError } from '../../src/errors.ts'
import { type CommitOutcome, commit } from '../../src/operations/commit/commit.ts'
import { SigningKey } from '../../src/repository/crypto/signing.ts'
import { Repository } from '../../src/repository/repository.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'
import { commitIn, FACTS, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { ScheduledStore } from '../support/scheduled-store.ts'
import { scratch } from '../support/scratch.ts'
import { copyOfOwner, readAll } from '../support/soundness.ts'
import { objectsOf, type StoredObjects, storeOf } from '../support/stored-objects.ts'
import { MANY_CASES_MS, SLOW } from '../support/tier.ts'
import { linesOnDisk, type TreeLines } from '../support/tree.ts'

vi.mock('../../src/repository/crypto/x-wing.ts', async () => (await import('../support/cheap-crypto.ts')).cheapXWing)
vi.mock('../../src/repository/crypto/signing.ts', async () => (await import('../support/cheap-crypto.ts')).cheapSigning)
vi.mock('../../src/repository/crypto/zstd.ts', async (original) => ({
  ...(await original<typeof import('../../src/repository/crypto/zstd.ts')>()),
  compress: (await import('../support/cheap-crypto.ts')).noCompression,
}))

/** Blocks of 4 MiB for each commit make the collector run in every second case, which costs more than the case. */
vi.mock('../../src/operations/commit/block-sizes.ts', () => ({ BLOCK_SIZES: { blockBytes: 16 << 10, roomBytes: 16 << 10 } }))

const RUNS = SLOW ? 10_000 : 2000
/** As many steps as a commit takes: a removal takes fewer. */
const MOST_LOOKS = 40
const CLIENTS = ['a', 'b', 'c'] as const

const { at } = scratch()
const lines = new Map<string, TreeLines>()
const WRITER = SigningKey.fromSeed(Buffer.alloc(32, 5))
let objects: StoredObjects
/** The same repository, after the writer was added. */
let withWriter: StoredObjects
let owner: TestOwner
const cases = new CaseCounter()

beforeAll(async () => {
  const store = new MemoryStore()
  owner = await initIn(store)
  for (const client of CLIENTS) {
    // One file that all have, so that their packs hold the same chunk, and one of its own.
    fs.mkdirSync(at(client))
    fs.writeFileSync(at(client, 'common'), 'what all clients have')
    fs.writeFileSync(at(client, 'own'), client)
    lines.set(client, linesOnDisk(at(client)))
  }
  objects = await objectsOf(store)
  await changeMembers(await openAs(store, copyOfOwner(owner)), { add: WRITER })
  withWriter = await objectsOf(store)
})

afterAll(() => recordReliability('concurrent', cases))

/** Manifests in the order of the journal. */
function historyOf({ journal }: Repository): { manifest: string; series: string; parents: string[] }[] {
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

type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never

test.prop([shapes], { numRuns: RUNS })(
  'committers interleaved at every operation of the store',
  (shape) => cases.try(`${shape.clients.length} committers, ${new Set(shape.series).size} series`, () => expectAllCommitted(shape)),
  MANY_CASES_MS,
)

async function expectAllCommitted({ scheduler, clients, series }: Shape): Promise<void> {
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
  const repository = await openAs(store, copyOfOwner(owner))
  const history = historyOf(repository)
  expect(history.map(({ manifest }) => manifest)).toEqual(inOrder.map(({ outcome }) => outcome.manifestId.toString('hex')))
  for (const [index, { series: name, parents }] of history.entries()) {
    const before = history.slice(0, index).findLast((other) => other.series === name)
    expect(parents).toEqual(before === undefined ? [] : [before.manifest])
  }
  expect(await readAll(repository)).toEqual(inOrder.map(({ client }) => lines.get(client)!))
}

const RACE = 'a writer commits and is removed meanwhile'
const ends = { committed: 0, failed: 0 }

test.prop([fc.scheduler(), fc.nat(MOST_LOOKS)], { numRuns: RUNS })(
  'a writer who is removed meanwhile has committed before that, or fails',
  (scheduler, looks) => cases.try(RACE, () => expectCommittedOrRefused(scheduler, looks)),
  MANY_CASES_MS,
)

async function expectCommittedOrRefused(scheduler: fc.Scheduler, looks: number): Promise<void> {
  const store = await storeOf(withWriter)
  const committing = openAsWriter(new ScheduledStore(store, scheduler, 'writer')).then((repository) =>
    commit(repository, { root: captureRoot([at('a')]), facts: FACTS, threads: 0 }),
  )
  const removing = removeWriter(new ScheduledStore(store, scheduler, 'owner'), looks)
  const [committed, removed] = await scheduler.waitFor(Promise.allSettled([committing, removing]))
  if (removed.status === 'rejected') throw removed.reason
  if (committed.status === 'fulfilled') expect(committed.value.sequence).toBeLessThan(removed.value.sequence)
  else expect(committed.reason).toBeInstanceOf(AccessError)
  const snapshots = committed.status === 'fulfilled' ? [lines.get('a')!] : []
  expect(await readAll(await openAs(store, copyOfOwner(owner)))).toEqual(snapshots)
  expect([...(await objectsOf(store)).keys()].filter((key) => key.startsWith('leases/'))).toEqual([])
  if (committed.status === 'fulfilled') ends.committed++
  else ends.failed++
}

test('both ends of that race were seen', () => {
  cases.remark(RACE, `${ends.committed} had committed before, ${ends.failed} failed`)
  expect(ends.committed).toBeGreaterThan(0)
  expect(ends.failed).toBeGreaterThan(0)
})

/** A member with a key of its own that can write and not read. */
async function openAsWriter(store: ObjectStore): Promise<Repository> {
  const { keys, journal } = await openAs(store, copyOfOwner(owner))
  const { repository, write } = keys
  return new Repository({ store, keys: { repository, ...(write && { write }), signing: WRITER, member: WRITER.memberId }, journal })
}

async function removeWriter(store: ObjectStore, looks: number): Promise<JournalEntry> {
  const repository = await openAs(store, copyOfOwner(owner))
  // A commit takes many more steps than a removal: the owner looks around first, now and then.
  for (let look = 0; look < looks; look++) await store.size(REPOSITORY_JSON)
  return changeMembers(repository, { remove: WRITER })
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
