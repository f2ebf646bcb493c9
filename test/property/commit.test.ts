// A commit against the plain model, the disk itself: whatever a random tree holds and however it is edited between commits, each
// snapshot reads back equal, byte for byte and in all metadata, also with the catalog's rows of the commit before (LESSONS: dangling).

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fc, test } from '@fast-check/vitest'
import { afterAll, beforeAll, expect } from 'vitest'
import { commit } from '../../src/operations/commit/commit.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { shiftClock } from '../../src/runtime/clock.ts'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'
import { MemoryRows } from '../support/memory-rows.ts'
import { applyStep, removeTree, step } from '../support/random-tree.ts'
import { FACTS, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { MANY_CASES_MS, SLOW } from '../support/tier.ts'
import { linesInSnapshot, linesOnDisk } from '../support/tree.ts'

const RUNS = SLOW ? 20_000 : 2000

let store: ObjectStore
let owner: TestOwner
let directory: string
let writer: Repository
let cases = 0

/** Cases share a repository, so that deduplication against what others stored is part of the test. */
const CASES_PER_REPOSITORY = 25

async function freshRepository(): Promise<void> {
  store = new MemoryStore()
  owner = await initIn(store)
  writer = await openAs(store, owner)
}

beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-property-'))
  shiftClock(60_000) // so that files of this moment are clearly older than the capture, and the catalog's rows are really used
})

afterAll(() => {
  shiftClock(0)
  removeTree(directory)
})

test.prop([fc.array(fc.array(step, { maxLength: 10 }), { minLength: 1, maxLength: 3 })], { numRuns: RUNS, endOnFailure: true })(
  'every snapshot of an edited tree reads back equal to the disk',
  async (rounds) => {
    const root = path.join(directory, 'root')
    removeTree(root)
    fs.mkdirSync(root)
    const rows = new MemoryRows()
    const expected: (readonly string[])[] = []
    if (++cases % CASES_PER_REPOSITORY === 1) await freshRepository()
    const before = writer.journal.state.snapshots.length
    for (const steps of rounds) {
      for (const each of steps) applyStep(root, each)
      await commit(writer, { root: captureRoot([root]), facts: FACTS, threads: 0, openCache: () => rows })
      expected.push(linesOnDisk(root))
    }
    const repository = await openAs(store, owner)
    const snapshots = repository.journal.state.snapshots.slice(-rounds.length)
    expect(repository.journal.state.snapshots.length).toBe(before + rounds.length)
    for (const [index, snapshot] of snapshots.entries()) expect(await linesInSnapshot(repository, snapshot)).toEqual(expected[index])
  },
  MANY_CASES_MS,
)
