// A store that fails at every single operation, once or for good: a clear error with exit code 30, nothing lost, and the next commit
// works (LESSONS: running out of space lost data silently; a failed read taken for "absent").

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { exitCodeOf } from '../../cli/exit-codes.ts'
import { StoreError } from '../../src/errors.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { enumerateOperations, type FaultPlan, FaultyStore, type Moment, type Operation } from '../support/faulty-store.ts'
import { commitIn, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { editSampleTree, makeSampleTree } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'
import { copyOfOwner, expectGoesOn, readAll } from '../support/soundness.ts'
import { objectsOf, type StoredObjects, storeOf } from '../support/stored-objects.ts'
import { linesOnDisk, type TreeLines } from '../support/tree.ts'

const { at } = scratch()
let objects: StoredObjects
let owner: TestOwner
let before: TreeLines
const WHAT = 'store operation of a commit or a read that fails, once or for good'
const cases = new CaseCounter()

beforeAll(async () => {
  makeSampleTree(at('tree'))
  const store = new MemoryStore()
  owner = await initIn(store)
  await commitIn(store, owner, at('tree'))
  before = linesOnDisk(at('tree'))
  objects = await objectsOf(store)
  editSampleTree(at('tree'), 1)
})

afterAll(() => recordReliability('store-errors', cases))

function failure(method: string): StoreError {
  return new StoreError(method === 'put' ? 'store-no-space' : 'store-io', `the test fails this ${method}`)
}

function failingAt(index: number, when: Moment, forGood: boolean): FaultPlan {
  return (operation) =>
    operation.index === index || (forGood && operation.index > index)
      ? { action: 'fail', when, error: failure(operation.method) }
      : undefined
}

/** What a commit survives when it fails once: its own lease that stays, and a journal slot that is asked for again. */
function isSurvivable({ method, kind }: Operation): boolean {
  return method === 'remove' || (method === 'put' && kind === 'journal')
}

const commitTree = (store: ObjectStore): Promise<unknown> => commitIn(store, copyOfOwner(owner), at('tree'))
const operationsOf = (work: (store: ObjectStore) => Promise<unknown>): Promise<Operation[]> =>
  enumerateOperations(() => storeOf(objects), work)

describe.each([
  ['once', false],
  ['for good', true],
])('a store that fails %s', (_, forGood) => {
  test.each(['before', 'after'] as const)(
    '%s any operation of a commit',
    async (when) => {
      for (const operation of await operationsOf(commitTree)) {
        await cases.try(WHAT, async () => {
          const store = await storeOf(objects)
          const faulty = new FaultyStore(store, { plan: failingAt(operation.index, when, forGood) })
          const error = await commitTree(faulty).then(
            () => undefined,
            (thrown: unknown) => thrown,
          )
          const what = `${when} ${operation.method} ${operation.kind}`
          if (operation.method === 'remove' || (!forGood && isSurvivable(operation))) expect(error, what).toBeUndefined()
          else expectStoreError(error, what)
          await expectGoesOn(store, owner, { snapshots: [before], maybe: linesOnDisk(at('tree')) }, at('tree'))
        })
      }
    },
    120_000,
  )

  test('at any operation of a read', async () => {
    const read = async (store: ObjectStore) => expect(await readAll(await openAs(store, copyOfOwner(owner)))).toEqual([before])
    const operations = await operationsOf(read)
    expect(operations.length).toBeGreaterThan(10)
    for (const operation of operations) {
      await cases.try(WHAT, async () => {
        const faulty = new FaultyStore(await storeOf(objects), { plan: failingAt(operation.index, 'before', forGood) })
        const error = await read(faulty).catch((thrown: unknown) => thrown)
        expectStoreError(error, `${operation.method} ${operation.kind}`)
      })
    }
  })
})

test('a store that fills up at any byte keeps what was committed and says that it is full', async () => {
  const sizes = await operationsOf(commitTree)
  const puts = sizes.filter(({ method }) => method === 'put')
  for (const put of puts) {
    await cases.try(WHAT, async () => {
      const store = await storeOf(objects)
      // Full from here on: nothing can be put, all can be read, as on a real disk.
      const plan: FaultPlan = ({ index, method }) =>
        index >= put.index && method === 'put' ? { action: 'fail', when: 'before', error: failure('put') } : undefined
      const error = await commitTree(new FaultyStore(store, { plan })).catch((thrown: unknown) => thrown)
      expectStoreError(error, put.kind)
      expect((error as StoreError).code).toBe('store-no-space')
      expect([...(await objectsOf(store)).keys()].filter((key) => key.startsWith('leases/'))).toEqual([])
      await expectGoesOn(store, owner, { snapshots: [before] }, at('tree'))
    })
  }
})

function expectStoreError(error: unknown, what: string): void {
  expect(error, what).toBeInstanceOf(StoreError)
  expect(exitCodeOf(error), what).toBe(30)
}
