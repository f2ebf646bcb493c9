// A process that dies, or a store that fails, at every single operation of a restore: the target is absent or whole, the repository as
// it was, and the next restore works.

import fs from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { exitCodeOf } from '../../cli/exit-codes.ts'
import { StoreError } from '../../src/errors.ts'
import { planRestore, runRestore } from '../../src/operations/restore/restore.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { atOperation, enumerateOperations, type Fault, FaultyStore, type Operation } from '../support/faulty-store.ts'
import { removeTree } from '../support/random-tree.ts'
import { commitIn, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { editSampleTree, makeSampleTree } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'
import { copyOfOwner, expectSound } from '../support/soundness.ts'
import { objectsOf, type StoredObjects, storeOf } from '../support/stored-objects.ts'
import { linesOnDisk, type TreeLines } from '../support/tree.ts'

const { at } = scratch()
const snapshots: TreeLines[] = []
let objects: StoredObjects
let owner: TestOwner
const cases = new CaseCounter()

beforeAll(async () => {
  makeSampleTree(at('tree'))
  const store = new MemoryStore()
  owner = await initIn(store)
  for (const round of [1, 2]) {
    editSampleTree(at('tree'), round)
    await commitIn(store, owner, at('tree'))
    snapshots.push(linesOnDisk(at('tree')))
  }
  objects = await objectsOf(store)
})

beforeEach(() => {
  removeTree(at('place'))
  fs.mkdirSync(at('place'))
})

afterAll(() => recordReliability('crash-points-restore', cases))

async function restoreIn(store: ObjectStore): Promise<void> {
  const repository = await openAs(store, copyOfOwner(owner))
  const plan = await planRestore(repository, repository.journal.state.snapshots[1]!, { to: at('place', 'target') })
  const { complete } = await runRestore(repository, plan)
  expect(complete).toBe(true)
}

const crash: Fault = { action: 'crash', when: 'before' }
const fail: Fault = { action: 'fail', when: 'before', error: new StoreError('store-io', 'the test fails this') }

async function expectNothingAndThenAll({ index, method, kind }: Operation, fault: Fault): Promise<void> {
  const store = await storeOf(objects)
  const error = await restoreIn(new FaultyStore(store, { plan: atOperation(index, fault) })).catch((thrown: unknown) => thrown)
  const what = `${method} ${kind}`
  expect((error as Error).name, what).toBe(fault === crash ? 'CrashError' : 'StoreError')
  if (fault === fail) expect(exitCodeOf(error), what).toBe(30)
  expect(fs.readdirSync(at('place')), what).toEqual([])
  expect(await objectsOf(store)).toEqual(objects)
  await restoreIn(store)
  expect(linesOnDisk(at('place', 'target'))).toEqual(snapshots[1])
  removeTree(at('place', 'target'))
}

test.each([
  ['a crash', crash],
  ['an error of the store', fail],
])('%s at every operation', async (_, fault) => {
  const operations = await enumerateOperations(() => storeOf(objects), restoreIn)
  expect(operations.every(({ method }) => method !== 'put' && method !== 'remove')).toBe(true)
  removeTree(at('place', 'target'))
  for (const operation of operations)
    await cases.try('crash or error at a store operation of a restore', () => expectNothingAndThenAll(operation, fault))
  await expectSound(await storeOf(objects), owner, { snapshots })
})
