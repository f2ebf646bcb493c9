// A process that dies at every single operation of the store, before it and after it: what was committed stays as it was, and the next
// commit works. SPEC §3.2 says what each crash leaves behind.

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import type { IdentityFile } from '../../format/identity-file.ts'
import { UsageError } from '../../src/errors.ts'
import { init } from '../../src/operations/init/init.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { atOperation, type CrashPoint, crashPoints, enumerateOperations, FaultyStore, type Operation } from '../support/faulty-store.ts'
import { commitIn, initIn, MemoryOfPins, openAs, type TestOwner } from '../support/repository.ts'
import { editSampleTree, makeSampleTree } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'
import { copyOfOwner, expectGoesOn, expectSound } from '../support/soundness.ts'
import { copyOfStore, objectsOf, type StoredObjects, storeOf } from '../support/stored-objects.ts'
import { linesOnDisk, type TreeLines } from '../support/tree.ts'

const { at } = scratch()
const cases = new CaseCounter()

beforeAll(() => makeSampleTree(at('tree')))
afterAll(() => recordReliability('crash-points', cases))

/** A repository at some moment of its life, and what a client that was there knows. */
interface Moment {
  readonly objects: StoredObjects
  readonly owner: TestOwner
  readonly snapshots: readonly TreeLines[]
}

async function momentAfter(commits: number): Promise<Moment> {
  const store = new MemoryStore()
  const owner = await initIn(store)
  const snapshots: TreeLines[] = []
  for (let round = 0; round < commits; round++) {
    editSampleTree(at('tree'), round)
    await commitIn(store, owner, at('tree'))
    snapshots.push(linesOnDisk(at('tree')))
  }
  editSampleTree(at('tree'), commits)
  return { objects: await objectsOf(store), owner, snapshots }
}

type Work = (store: ObjectStore, client: TestOwner) => Promise<unknown>

/** Every crash point of a piece of work, which must be the same each time. */
async function pointsOf(moment: Moment, around: (store: ObjectStore) => ObjectStore, work: Work): Promise<CrashPoint[]> {
  const operations = await enumerateOperations(
    async () => around(await storeOf(moment.objects)),
    (store) => work(store, copyOfOwner(moment.owner)),
  )
  return crashPoints(operations)
}

/** Dies at a point of the work; the store as it is then. */
async function dieAt(point: CrashPoint, moment: Moment, around: (store: ObjectStore) => ObjectStore, work: Work): Promise<ObjectStore> {
  const store = await storeOf(moment.objects)
  const faulty = new FaultyStore(around(store), { plan: atOperation(point.operation.index, { action: 'crash', when: point.when }) })
  const client = copyOfOwner(moment.owner)
  // The work may end well: nobody hears of a lease that could not be removed.
  await work(faulty, client).catch((error: unknown) => expect((error as Error).name).toBe('CrashError'))
  expect(faulty.crashed).toBe(true)
  return copyOfStore(store)
}

/** Counts a case of one crash point; what it throws names the point. */
function tryPoint(what: string, point: CrashPoint, work: () => Promise<void>): Promise<void> {
  return cases.try(what, () => work().catch((error: unknown) => Promise.reject(new Error(name(point), { cause: error }))))
}

function name({ operation, when }: CrashPoint): string {
  return `${when} operation ${operation.index}, ${operation.method} ${operation.kind}`
}

const asIs = (store: ObjectStore): ObjectStore => store
const commitTree: Work = (store, client) => commitIn(store, client, at('tree'))

describe('a crash of a commit', () => {
  test.each([
    ['the first commit', 0],
    ['a later commit', 2],
  ])(
    'at every operation of %s',
    async (what, commits) => {
      const moment = await momentAfter(commits)
      const points = await pointsOf(moment, asIs, commitTree)
      expect(points.length).toBeGreaterThan(25)
      for (const point of points) {
        await tryPoint(`crash before or after a store operation of ${what}`, point, async () => {
          const store = await dieAt(point, moment, asIs, commitTree)
          const expected = { snapshots: moment.snapshots, maybe: linesOnDisk(at('tree')) }
          await expectGoesOn(store, moment.owner, expected, at('tree'))
        })
      }
    },
    120_000,
  )

  test('leaves a snapshot if and only if the journal entry was stored', async () => {
    const moment = await momentAfter(1)
    for (const point of await pointsOf(moment, asIs, commitTree)) {
      const store = await dieAt(point, moment, asIs, commitTree)
      const entry = (await objectsOf(store)).has('journal/0000000000000002')
      expect(await expectSound(store, moment.owner, { snapshots: moment.snapshots, maybe: linesOnDisk(at('tree')) }), name(point)).toBe(
        entry ? 2 : 1,
      )
    }
  }, 120_000)

  test('at every operation of a commit that loses the race for the journal slot', async () => {
    const moment = await momentAfter(1)
    const rival = at('rival')
    makeSampleTree(rival)
    const raced = (store: ObjectStore): ObjectStore => {
      let isFirst = true
      const meanwhile = async (): Promise<void> => void (await commitIn(store, copyOfOwner(moment.owner), rival))
      const plan = ({ method, kind }: Operation) => {
        if (method !== 'put' || kind !== 'journal' || !isFirst) return undefined
        isFirst = false
        return { action: 'meanwhile', work: meanwhile } as const
      }
      return new FaultyStore(store, { plan })
    }
    const points = await pointsOf(moment, raced, commitTree)
    expect(points.filter(({ operation }) => operation.method === 'put' && operation.kind === 'journal').length).toBe(4)
    for (const point of points) {
      await tryPoint('crash of a commit that loses a race for the journal', point, async () => {
        const store = await dieAt(point, moment, raced, commitTree)
        const rivalDone = (await objectsOf(store)).has('journal/0000000000000002')
        const snapshots = rivalDone ? [...moment.snapshots, linesOnDisk(rival)] : moment.snapshots
        await expectGoesOn(store, moment.owner, { snapshots, maybe: linesOnDisk(at('tree')) }, at('tree'))
      })
    }
  }, 120_000)
})

describe('a crash of init', () => {
  test('leaves no repository, or one that its owner opens', async () => {
    let identity: IdentityFile | undefined
    const work = (store: ObjectStore) => init(store, { name: 'test', label: 'owner', keepIdentity: async (made) => void (identity = made) })
    const points = crashPoints(await enumerateOperations(async () => new MemoryStore(), work))
    expect(points.length).toBeGreaterThanOrEqual(8)
    for (const point of points) {
      await tryPoint('crash before or after a store operation of init', point, async () => {
        identity = undefined
        const store = new MemoryStore()
        const faulty = new FaultyStore(store, { plan: atOperation(point.operation.index, { action: 'crash', when: point.when }) })
        await expect(work(faulty)).rejects.toThrow('crash')
        await expectStartsOver(store, identity!)
      })
    }
  }, 60_000)

  async function expectStartsOver(store: ObjectStore, identity: IdentityFile): Promise<void> {
    const begun = (await objectsOf(store)).has('journal/0000000000000000')
    const owner = begun ? { identity, recoveryCode: '', memory: new MemoryOfPins() } : await initIn(store)
    if (begun) await expect(initIn(store)).rejects.toThrow(UsageError)
    await expect(openAs(store, owner)).resolves.toBeDefined()
    await expectGoesOn(store, owner, { snapshots: [], strangeSlots: !begun }, at('tree'))
  }
})

test('the crash points are those of a real commit', async () => {
  fs.writeFileSync(at('tree', 'one-more'), 'x')
  const operations = await enumerateOperations(
    async () => new MemoryStore(),
    async (store) => commitIn(store, await initIn(store), at('tree')),
  )
  const written = operations.filter(({ method }) => method === 'put').map(({ kind }) => kind)
  expect(written).toEqual(['keys', 'keys', 'journal', 'cairn.json', 'leases', 'packs/data', 'packs/tree', 'index', 'manifests', 'journal'])
  expect(operations.filter(({ method }) => method === 'remove').map(({ kind }) => kind)).toEqual(['leases'])
})
