// A commit against the plain model, the disk itself: whatever a random tree holds and however it is edited between commits, each
// snapshot reads back equal, byte for byte and in all metadata, also with the catalog's rows of the commit before (LESSONS: dangling).
// The last one is also restored by the program: what the tests read themselves says nothing of what a user gets back.

import fs from 'node:fs'
import path from 'node:path'
import { fc, test } from '@fast-check/vitest'
import { afterAll, beforeAll, expect } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { commit } from '../../src/operations/commit/commit.ts'
import { planRestore, runRestore } from '../../src/operations/restore/restore.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { shiftClock } from '../../src/runtime/clock.ts'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'
import { MemoryRows } from '../support/memory-rows.ts'
import { applyStep, removeTree, type Step, step } from '../support/random-tree.ts'
import { FACTS, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { IN_MEMORY } from '../support/scratch.ts'
import { MANY_CASES_MS, SLOW } from '../support/tier.ts'
import { linesInSnapshot, linesOnDisk, type TreeLines } from '../support/tree.ts'

const RUNS = SLOW ? 20_000 : 2000
/** A restore costs a quarter of what its case does. */
const RESTORED_EVERY = SLOW ? 1 : 3

let store: ObjectStore
let owner: TestOwner
let directory: string
let writer: Repository
type Rounds = readonly (readonly Step[])[]

const tried = { cases: 0, snapshots: 0, xattrs: 0 }
const READ = 'random edits of a random tree, read back'
const RESTORED = 'its last snapshot, restored'
const cases = new CaseCounter()

/** Cases share a repository, so that deduplication against what others stored is part of the test. */
const CASES_PER_REPOSITORY = 25

async function freshRepository(): Promise<void> {
  store = new MemoryStore()
  owner = await initIn(store)
  writer = await openAs(store, owner)
}

beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(IN_MEMORY, 'cairn-property-'))
  shiftClock(60_000) // so that files of this moment are clearly older than the capture, and the catalog's rows are really used
})

afterAll(() => {
  shiftClock(0)
  const holdsXattrs = applyStep(directory, { kind: 'xattr', at: [], name: 'user.test', size: 1 })
  removeTree(directory)
  cases.remark(READ, `${tried.snapshots} snapshots, ${tried.xattrs} extended attributes set or removed`)
  recordReliability('property-commit', cases)
  expect(tried.xattrs > 0, `extended attributes set in ${directory}`).toBe(holdsXattrs)
})

test.prop([fc.array(fc.array(step, { maxLength: 10 }), { minLength: 1, maxLength: 3 })], { numRuns: RUNS, endOnFailure: true })(
  'every snapshot of an edited tree reads back equal to the disk, and its last one is restored equal',
  async (rounds) => {
    const root = path.join(directory, 'root')
    removeTree(root)
    fs.mkdirSync(root)
    if (++tried.cases % CASES_PER_REPOSITORY === 1) await freshRepository()
    const { repository, lines } = await cases.try(READ, () => expectReadsBack(root, rounds))
    if (tried.cases % RESTORED_EVERY === 0) await cases.try(RESTORED, () => expectRestores(repository, lines))
  },
  MANY_CASES_MS,
)

/** Edits and commits in turn; returns the repository as it is then, and what there was at the end. */
async function expectReadsBack(root: string, rounds: Rounds): Promise<{ repository: Repository; lines: TreeLines }> {
  const rows = new MemoryRows()
  const expected: TreeLines[] = []
  const before = writer.journal.state.snapshots.length
  for (const steps of rounds) {
    for (const each of steps) if (applyStep(root, each) && each.kind === 'xattr') tried.xattrs++
    await commit(writer, { root: captureRoot([root]), facts: FACTS, threads: 0, openCache: () => rows })
    expected.push(linesOnDisk(root))
  }
  const repository = await openAs(store, owner)
  expect(repository.journal.state.snapshots.length).toBe(before + rounds.length)
  for (const [index, snapshot] of repository.journal.state.snapshots.slice(-rounds.length).entries())
    expect(await linesInSnapshot(repository, snapshot)).toEqual(expected[index])
  tried.snapshots += rounds.length
  return { repository, lines: expected.at(-1)! }
}

async function expectRestores(repository: Repository, lines: TreeLines): Promise<void> {
  const target = path.join(directory, 'target')
  removeTree(target)
  const plan = await planRestore(repository, repository.journal.state.snapshots.at(-1)!, { to: target })
  expect(await runRestore(repository, plan)).toMatchObject({ complete: true, problemCount: 0 })
  expect(linesOnDisk(target)).toEqual(lines)
}
