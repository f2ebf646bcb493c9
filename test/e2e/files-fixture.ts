// What the tests of files share: a source beside a repository, and the round trip of all that a backup must keep: disk, snapshot
// and restored tree compared line by line.

import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import type { CommitOptions, CommitOutcome } from '../../src/operations/commit/commit.ts'
import { planRestore, type RestoreOutcome, runRestore } from '../../src/operations/restore/restore.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { removeTree } from '../support/random-tree.ts'
import { commitIn, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { IN_MEMORY } from '../support/scratch.ts'
import { linesInSnapshot, linesOnDisk } from '../support/tree.ts'

export const isRoot = process.geteuid?.() === 0

export interface FilesFixture {
  store: MemoryStore
  owner: TestOwner
  /** The tree that is captured. */
  source: string
  /** A path at which nothing lies yet. */
  target: string
}

/** Makes a source and a repository before each test, and removes them after it. */
export function filesFixture(): FilesFixture {
  const fixture = {} as FilesFixture
  let base = ''
  beforeEach(async () => {
    base = fs.mkdtempSync(path.join(IN_MEMORY, 'cairn-files-'))
    fixture.source = path.join(base, 'source')
    fixture.target = path.join(base, 'target')
    fs.mkdirSync(fixture.source)
    fixture.store = new MemoryStore()
    fixture.owner = await initIn(fixture.store)
  })
  afterEach(() => removeTree(base))
  return fixture
}

/** Commits the source, and expects no problem. */
export async function capture(fixture: FilesFixture, options: Partial<CommitOptions> = {}): Promise<CommitOutcome> {
  const problems: string[] = []
  const outcome = await commitIn(fixture.store, fixture.owner, fixture.source, {
    onProblem: ({ path: at, kind, message }) => problems.push(`${Buffer.from(at).toString('latin1')}: ${kind}, ${message}`),
    ...options,
  })
  expect(problems).toEqual([])
  return outcome
}

/** The lines of the newest snapshot. */
export async function newestLines(fixture: FilesFixture): Promise<readonly string[]> {
  const repository = await openAs(fixture.store, fixture.owner)
  return linesInSnapshot(repository, repository.journal.state.snapshots.at(-1)!)
}

/** Restores the newest snapshot into the target. */
export async function restore(fixture: FilesFixture): Promise<RestoreOutcome> {
  const repository = await openAs(fixture.store, fixture.owner)
  return runRestore(repository, await planRestore(repository, repository.journal.state.snapshots.at(-1)!, { to: fixture.target }))
}

/** Commits, reads the snapshot back, restores it, and expects the source each time. */
export async function roundTrip(fixture: FilesFixture, options: Partial<CommitOptions> = {}): Promise<CommitOutcome> {
  const expected = linesOnDisk(fixture.source)
  const outcome = await capture(fixture, options)
  expect(await newestLines(fixture)).toEqual(expected)
  const restored = await restore(fixture)
  expect(restored.problems).toEqual([])
  expect(linesOnDisk(fixture.target)).toEqual(expected)
  return outcome
}

/** A path in the source from parts that are text, or bytes as latin1 text. */
export function inSource(fixture: FilesFixture, ...parts: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from(fixture.source), ...parts.map((part) => Buffer.from(`/${part}`, 'latin1'))])
}
