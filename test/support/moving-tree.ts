// A tree in which something moves while a commit walks it, and what the commit says of that.

import fs from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect } from 'vitest'
import type { CommitOptions, CommitOutcome } from '../../src/operations/commit/commit.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { shiftClock } from '../../src/runtime/clock.ts'
import { MemoryRows } from './memory-rows.ts'
import { removeTree } from './random-tree.ts'
import { commitIn, initIn, openAs, type TestOwner } from './repository.ts'
import { scratch } from './scratch.ts'
import { linesInSnapshot, linesOnDisk } from './tree.ts'

/** More than a tick of the clock that dates files: what was made before that is older than the commit. */
const TICK_MS = 30
/** More than the margin by which a directory is clearly older than the commit. */
export const CLEARLY_OLDER_MS = 2100

/** A tree with these files for each test of a file, each with its name as content; names are below the tree. */
export function movingTree(files: readonly string[]) {
  const { at } = scratch()
  const place: { store: MemoryStore; owner: TestOwner } = { store: new MemoryStore(), owner: undefined as never }
  const tree = (name: string): string => at('tree', name)
  const write = (name: string, content = name): void => {
    fs.mkdirSync(tree(`${name}/..`), { recursive: true })
    fs.writeFileSync(tree(name), content)
  }
  beforeEach(async () => {
    place.store = new MemoryStore()
    place.owner = await initIn(place.store)
    for (const name of files) write(name)
  })
  afterEach(() => {
    shiftClock(0)
    removeTree(at('tree'))
  })
  const move = (from: string, to: string): void => fs.renameSync(tree(from), tree(to))
  const newest = async (): Promise<readonly string[]> => {
    const repository = await openAs(place.store, place.owner)
    return linesInSnapshot(repository, repository.journal.state.snapshots.at(-1)!)
  }
  const expectNewestIsDisk = async (): Promise<void> => expect(await newest()).toEqual(linesOnDisk(at('tree')))
  return { place, tree, write, move, newest, expectNewestIsDisk, ...committing(place, at) }
}

function committing(place: { store: MemoryStore; owner: TestOwner }, at: (...parts: string[]) => string) {
  let rows: MemoryRows
  beforeEach(() => {
    rows = new MemoryRows()
  })
  const commitTree = async (options: Partial<CommitOptions> = {}): Promise<CommitOutcome> => {
    await wait(TICK_MS)
    return commitIn(place.store, place.owner, at('tree'), { openCache: () => rows, ...options })
  }
  /** Commits, so that the next commit need not read what stays as it is. */
  const commitBefore = async (options: Partial<CommitOptions> = {}): Promise<void> => {
    shiftClock(60_000)
    expect(problemsOf(await commitTree(options))).toEqual([])
    shiftClock(0)
  }
  return { commitTree, commitBefore, commitWhen: when(commitTree) }
}

type Commit = (options?: Partial<CommitOptions>) => Promise<CommitOutcome>

/** Commits; something happens when the walk has listed the directory of that name, and looks at the name. */
function when(commitTree: Commit) {
  return (name: string, happens: () => void, options: Partial<CommitOptions> = {}): Promise<CommitOutcome> => {
    let isFirst = true
    const isExcluded = (path: string, isDirectory: boolean): boolean => {
      if (path === name && isFirst) {
        isFirst = false
        happens()
      }
      return options.isExcluded?.(path, isDirectory) ?? false
    }
    return commitTree({ ...options, isExcluded })
  }
}

export function problemsOf({ manifest }: CommitOutcome): string[] {
  expect(manifest.complete).toBe(manifest.problemCount === 0)
  return manifest.problems.map(({ path, kind }) => `${kind} ${Buffer.from(path).toString('latin1')}`)
}
