// Named paths that vanish between the moment they are looked up and the walk: recorded, never silent; and an error where nothing is left.

import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { CommitOptions } from '../../src/operations/commit/commit.ts'
import { dryRunCommit } from '../../src/operations/commit/dry-run.ts'
import { FileSystemStore } from '../../src/repository/store/file-system-store.ts'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'
import { commitIn, FACTS, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { scratch } from '../support/scratch.ts'

const { at } = scratch()
let store: FileSystemStore
let owner: TestOwner

beforeEach(async () => {
  fs.rmSync(at('.'), { recursive: true, force: true })
  for (const name of ['a/x', 'b/y', 'deep/c/z', 'file']) {
    fs.mkdirSync(path.dirname(at(name)), { recursive: true })
    fs.writeFileSync(at(name), name)
  }
  store = await FileSystemStore.create(at('store'))
  owner = await initIn(store)
})

/** Looks the paths up, lets `vanish` act, and commits. */
async function commitOf(names: readonly string[], vanish: () => void, options: Partial<CommitOptions> = {}) {
  const root = captureRoot(names.map((name) => at(name)))
  vanish()
  const { manifest } = await commitIn(store, owner, '', { root, ...options })
  const { statistics, complete } = manifest
  const problems = manifest.problems.map(({ path: place, kind }) => `${kind} ${path.relative(at(), `/${Buffer.from(place).toString()}`)}`)
  return { files: statistics.files, complete, problems }
}

const remove = (name: string) => () => fs.rmSync(at(name), { recursive: true })

describe('of several paths', () => {
  test.each(['b', 'file', 'deep/c'])('%s is recorded as vanished', async (name) => {
    const found = await commitOf(['a', name], remove(name))
    expect(found).toEqual({ files: 1, complete: false, problems: [`vanished ${name}`] })
  })

  test('one is recorded when what leads to it vanishes, or is no directory any more', async () => {
    const gone = await commitOf(['a', 'deep/c'], remove('deep'))
    expect(gone).toEqual({ files: 1, complete: false, problems: ['vanished deep', 'vanished deep/c'] })
    const replaced = await commitOf(['a', 'b/y'], () => {
      remove('b')()
      fs.writeFileSync(at('b'), 'a file that nobody named')
    })
    expect(replaced).toEqual({ files: 1, complete: false, problems: ['vanished b/y'] })
  })

  test('one that lies in another one is recorded as well', async () => {
    const found = await commitOf(['deep', 'deep/c'], remove('deep/c'))
    expect(found).toEqual({ files: 0, complete: false, problems: ['vanished deep/c'] })
  })

  test('none is left: an error, and no snapshot', async () => {
    const both = () => ['a', 'b'].forEach((name) => remove(name)())
    await expect(commitOf(['a', 'b'], both)).rejects.toMatchObject({ name: 'UsageError', code: 'no-such-path' })
    expect((await openAs(store, owner)).journal.state.snapshots).toEqual([])
  })
})

test.each([
  ['a', 'unreadable-root'],
  ['file', 'no-such-path'],
])('%s alone is an error, of a dry run as well', async (name, code) => {
  const root = captureRoot([at(name)])
  remove(name)()
  await expect(commitIn(store, owner, '', { root })).rejects.toMatchObject({ name: 'UsageError', code })
  await expect(dryRunCommit(await openAs(store, owner), { root, facts: FACTS })).rejects.toMatchObject({ name: 'UsageError', code })
})
