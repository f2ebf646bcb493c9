// A process that dies, or a store that fails, at every single operation of a verification: it never says that all is well when it was
// not seen to the end, the repository stays as it was but for what the check attests, and the next one passes.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { exitCodeOf } from '../../cli/exit-codes.ts'
import type { IdentityFile } from '../../format/identity-file.ts'
import { StoreError } from '../../src/errors.ts'
import { exportWriter } from '../../src/operations/key/add.ts'
import { verify } from '../../src/operations/verify/verify.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { atOperation, crashPoints, enumerateOperations, type Fault, FaultyStore, type Operation } from '../support/faulty-store.ts'
import { commitDirectory, reopen, repositoryFixture } from '../support/repository-fixture.ts'
import { editSampleTree, makeSampleTree } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'
import { objectsOf, type StoredObjects, storeOf } from '../support/stored-objects.ts'

const { at } = scratch()
let objects: StoredObjects
let owner: IdentityFile
const cases = new CaseCounter()

/** An owner's snapshot and a writer's, whose packs nobody has vouched for yet: the check writes an attestation. */
beforeAll(async () => {
  makeSampleTree(at('tree'))
  const store = new MemoryStore()
  const made = await repositoryFixture(store)
  owner = made.identity
  await commitDirectory(made.repository, at('tree'))
  const kept: IdentityFile[] = []
  await exportWriter(made.repository, { label: 'writer', series: ['writers'], keep: async (identity) => void kept.push(identity) })
  editSampleTree(at('tree'), 1)
  await commitDirectory(await reopen(store, kept[0]!), at('tree'), 'writers')
  objects = await objectsOf(store)
})

afterAll(() => recordReliability('crash-points-verify', cases))

async function verifyIn(store: ObjectStore): Promise<void> {
  const { problems } = await verify(await reopen(store, owner), { dataShare: 1 })
  if (problems.length > 0) throw new Error(`not sound: ${problems.map(({ message }) => message).join('; ')}`)
}

async function operationsOfVerify(): Promise<Operation[]> {
  return enumerateOperations(() => storeOf(objects), verifyIn)
}

/** What was there is there, byte by byte; only journal entries may be new. */
async function expectUntouched(store: ObjectStore): Promise<void> {
  const now = await objectsOf(store)
  for (const [key, bytes] of objects) expect(now.get(key), key).toEqual(bytes)
  expect([...now.keys()].filter((key) => !objects.has(key) && !key.startsWith('journal/'))).toEqual([])
}

type FaultAt = Extract<Fault, { readonly when: unknown }>

/** Verifies with one fault, then without; `check` sees what came of the first. */
function strike(operation: Operation, fault: FaultAt, check: (outcome: unknown, what: string) => void): Promise<void> {
  return cases.try('crash or error at a store operation of a verification', async () => {
    check(await outcomeWith(operation, fault), `${fault.when} ${operation.method} ${operation.key}`)
  })
}

async function outcomeWith(operation: Operation, fault: Fault): Promise<unknown> {
  const store = await storeOf(objects)
  const outcome = await verifyIn(new FaultyStore(store, { plan: atOperation(operation.index, fault) })).then(
    () => 'sound',
    (error: unknown) => error,
  )
  await expectUntouched(store)
  await verifyIn(store)
  return outcome
}

test('the operations are those of a check that reads all data and attests it', async () => {
  const operations = await operationsOfVerify()
  expect(operations.filter(({ method }) => method === 'put').map(({ kind }) => kind)).toEqual(['journal'])
  expect(operations.filter(({ method, kind }) => method === 'get' && kind === 'packs/data').length).toBeGreaterThan(1)
})

test('a crash at every operation', async () => {
  for (const { operation, when } of crashPoints(await operationsOfVerify()))
    await strike(operation, { action: 'crash', when }, (outcome, what) => expect((outcome as Error).name, what).toBe('CrashError'))
})

test('an error of the store at every operation is an error of the check, or a problem that it names', async () => {
  for (const operation of await operationsOfVerify()) {
    const error = new StoreError('store-io', 'the test fails this')
    await strike(operation, { action: 'fail', when: 'before', error }, (outcome, what) => {
      // A journal slot that could not be written is asked for again.
      if (operation.method === 'put') return
      // A chunk of a tree that did not open is looked for once more, in the directories of the packs.
      if (operation.kind === 'packs/tree' && outcome === 'sound') return
      expect(outcome, what).toBeInstanceOf(Error)
      if (outcome instanceof StoreError) expect(exitCodeOf(outcome), what).toBe(30)
      else expect((outcome as Error).message, what).toMatch(/^not sound: .*the test fails this/)
    })
  }
})
