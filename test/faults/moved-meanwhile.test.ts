// What moves while a commit walks, from a directory that is not listed yet into one that is, would be in no directory of the snapshot:
// recorded, never silent. What was captured, whatever its name by now, and what is new, is no problem.

import fs from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { dryRunCommit } from '../../src/operations/commit/dry-run.ts'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'
import { CLEARLY_OLDER_MS, movingTree, problemsOf } from '../support/moving-tree.ts'
import { FACTS, openAs } from '../support/repository.ts'

/** What happens between two calls that list one directory: given the names in it, it returns those that are told. */
const listing = vi.hoisted(() => ({ count: 0, filter: (names: string[]): string[] => names }))
vi.mock('../../src/runtime/posix/directory.ts', async (original) => {
  const real = await original<typeof import('../../src/runtime/posix/directory.ts')>()
  const readLatin1Names: typeof real.readLatin1Names = (fd) => {
    listing.count++
    return listing.filter(real.readLatin1Names(fd))
  }
  return { ...real, readLatin1Names }
})

const files = ['a/first', 'b/middle', 'h/other', 'h/precious', 'h/sub/deep']
const { place, tree, write, move, newest, expectNewestIsDisk, commitTree, commitBefore, commitWhen } = movingTree(files)

afterEach(() => {
  vi.restoreAllMocks()
  Object.assign(listing, { count: 0, filter: (names: string[]) => names })
})

async function newestPaths(): Promise<string[]> {
  return (await newest()).map((line) => (JSON.parse(line) as { path: string }).path)
}

/** The next commit has it all. */
async function expectHealed(): Promise<void> {
  expect(problemsOf(await commitTree())).toEqual([])
  await expectNewestIsDisk()
}

describe('is recorded, and captured by the next commit:', () => {
  test('a file that moves from a directory that is not listed yet into one that is', async () => {
    const outcome = await commitWhen('a/first', () => move('h/precious', 'a/precious'))
    expect(await newestPaths()).toEqual(['', 'a', 'a/first', 'b', 'b/middle', 'h', 'h/other', 'h/sub', 'h/sub/deep'])
    expect(problemsOf(outcome)).toEqual(['changed a/precious'])
    expect(outcome.manifest.problems[0]!.message).toMatch(/moved here while the commit went on/)
    await expectHealed()
  })

  test('a directory, by one problem', async () => {
    expect(problemsOf(await commitWhen('a/first', () => move('h/sub', 'a/sub')))).toEqual(['changed a/sub'])
    await expectHealed()
  })

  test('a file that gets another name in a large directory while that is listed', async () => {
    write('a/precious')
    let isFirst = true
    listing.filter = (names) => {
      if (!names.includes('precious') || !names.includes('first') || !isFirst) return names
      isFirst = false
      move('a/precious', 'a/0-precious')
      return names.filter((name) => name !== 'precious')
    }
    expect(problemsOf(await commitTree())).toEqual(['changed a/0-precious'])
    await expectHealed()
  })

  test('a file that takes the place of another one', async () => {
    await commitBefore()
    expect(problemsOf(await commitWhen('b/middle', () => move('h/precious', 'a/first')))).toEqual(['changed a/first'])
    await expectHealed()
  })

  test('a directory whose place another one has when the walk comes there', async () => {
    const outcome = await commitWhen('a/first', () => {
      move('h', 'a/h')
      write('h/new')
    })
    expect(problemsOf(outcome)).toEqual(['changed a/h'])
    await expectHealed()
  })

  test('what moves into a directory that takes the place of a captured one, once', async () => {
    await commitBefore()
    const outcome = await commitWhen('b/middle', () => {
      move('a', 'z')
      fs.mkdirSync(tree('a'))
      move('h/precious', 'a/precious')
    })
    expect(problemsOf(outcome)).toEqual(['changed a/precious'])
    await expectHealed()
  })

  test('what moves into a directory that is made meanwhile', async () => {
    const outcome = await commitWhen('a/first', () => {
      write('a/new/deeper/file')
      move('h/precious', 'a/new/deeper/precious')
    })
    expect(problemsOf(outcome)).toEqual(['changed a/new/deeper/precious'])
    await expectHealed()
  })

  test('what moves into the root, and out of a directory that goes with it', async () => {
    const outcome = await commitWhen('a/first', () => {
      move('h/precious', 'precious')
      move('h/sub/deep', 'a/deep')
      fs.rmdirSync(tree('h/sub'))
    })
    expect(problemsOf(outcome).sort()).toEqual(['changed a/deep', 'changed precious'])
    await expectHealed()
  })

  test('each of them where no rows are kept', async () => {
    const happens = (): void => (move('h/precious', 'a/precious'), move('h/sub', 'a/sub'))
    const outcome = await commitWhen('a/first', happens, { openCache: () => undefined })
    expect(problemsOf(outcome)).toEqual(['changed a/precious', 'changed a/sub'])
    await expectHealed()
  })

  test('a file in a tree that nobody has touched for long, by the directory that it leaves', async () => {
    await wait(CLEARLY_OLDER_MS)
    expect(problemsOf(await commitWhen('a/first', () => move('h/precious', 'a/precious')))).toEqual(['changed a/precious'])
    await expectHealed()
  })

  test('and a file that leaves a directory while that is listed', async () => {
    await wait(CLEARLY_OLDER_MS)
    listing.filter = (names) => {
      if (!names.includes('precious') || !names.includes('other')) return names
      move('h/precious', 'a/precious')
      return names.filter((name) => name !== 'precious')
    }
    expect(problemsOf(await commitTree())).toEqual(['changed a/precious'])
    await expectHealed()
  })
})

describe('is no problem:', () => {
  test('a tree that was written just before', async () => {
    for (let i = 0; i < 300; i++) write(`many/${i % 7}/${i}`)
    expect(problemsOf(await commitTree())).toEqual([])
    expect(problemsOf(await commitTree({ openCache: () => undefined }))).toEqual([])
    for (const name of ['a', 'h/sub']) fs.utimesSync(tree(name), 1, 1)
    expect(problemsOf(await commitTree({ openCache: () => undefined }))).toEqual([])
  })

  test('a tree deeper than directories are open at once, of which the root has changed, and nothing below it', async () => {
    write(`${'d/'.repeat(300)}deep`)
    await wait(CLEARLY_OLDER_MS)
    write('new')
    expect(problemsOf(await commitTree())).toEqual([])
    await expectNewestIsDisk()
  })

  test('a file or a directory that is made meanwhile, and one that is written beside its place', async () => {
    const outcome = await commitWhen('a/first', () => {
      write('a/new')
      write('a/tree/of/files')
      write('.tmp')
      move('.tmp', 'a/first')
    })
    expect(problemsOf(outcome)).toEqual([])
    await expectHealed()
  })

  test('a file that is deleted before it is listed', async () => {
    const outcome = await commitWhen('a/first', () => {
      fs.rmSync(tree('h/precious'))
      fs.rmSync(tree('h/sub'), { recursive: true })
    })
    expect(problemsOf(outcome)).toEqual([])
    await expectHealed()
  })

  test.each(['a/second', 'h/first', 'first', 'h/sub/first'])('a file that was captured and is %s by now', async (name) => {
    await commitBefore()
    expect(problemsOf(await commitWhen('h/other', () => move('a/first', name)))).toEqual([])
    await expectHealed()
  })

  test('a file that was captured and moves with its directory, or gets a second name', async () => {
    await commitBefore()
    const outcome = await commitWhen('h/other', () => {
      fs.linkSync(tree('a/first'), tree('second'))
      move('a', 'z')
    })
    expect(problemsOf(outcome)).toEqual([])
    await expectHealed()
  })

  test('a file that is rotated as soon as it is read, though it changed shortly before', async () => {
    write('a/log', 'log')
    write('h/sub/last', 'x'.repeat(5000))
    const { readSync } = fs
    let isFirst = true
    vi.spyOn(fs, 'readSync').mockImplementation((fd: number, ...rest: [NodeJS.ArrayBufferView]) => {
      const read = readSync(fd, ...rest)
      if (isFirst && fs.fstatSync(fd).size === 5000) {
        isFirst = false
        move('a/log', 'a/log.1')
        write('a/log', 'new')
      }
      return read
    })
    expect(problemsOf(await commitTree())).toEqual([])
    expect(isFirst).toBe(false)
    expect(await newestPaths()).toContain('a/log')
  })

  test('what is left out: by a pattern, in a tagged cache', async () => {
    write('a/out/file')
    const isExcluded = (path: string): boolean => path === 'a/out' || path.endsWith('.skip')
    const excluding = await commitWhen('a/first', () => (move('h/precious', 'a/out/precious'), move('h/other', 'a/other.skip')), {
      isExcluded,
    })
    expect(problemsOf(excluding)).toEqual([])
    write('a/CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55')
    const caches = await commitWhen('a/CACHEDIR.TAG', () => move('h/sub', 'a/sub'), { excludeCaches: true })
    expect(problemsOf(caches)).toEqual([])
  })

  test('what lies beside the paths that were named', async () => {
    const root = captureRoot(['a', 'h/sub'].map(tree))
    const first = tree('a/first').slice(1)
    const happens = (): void => (move('h/precious', 'precious'), move('h/other', 'h/elsewhere'))
    expect(problemsOf(await commitWhen(first, happens, { root }))).toEqual([])
  })
})

test('while nothing changes, no directory is listed twice', async () => {
  await commitTree()
  expect(listing.count).toBe(10)
  await wait(CLEARLY_OLDER_MS)
  listing.count = 0
  expect(problemsOf(await commitTree())).toEqual([])
  expect(listing.count).toBe(5)
})

test('a dry run stores nothing, and looks for nothing that moved', async () => {
  const repository = await openAs(place.store, place.owner)
  const { problemCount } = await dryRunCommit(repository, { root: captureRoot([tree('')]), facts: FACTS })
  expect([problemCount, listing.count]).toEqual([0, 5])
})

test('a commit that is cancelled while it looks ends at once', async () => {
  for (let i = 0; i < 2000; i++) write(`many/${i}`)
  const abort = new AbortController()
  listing.filter = (names) => {
    if (listing.count > 7) abort.abort()
    return names
  }
  await expect(commitTree({ signal: abort.signal })).rejects.toMatchObject({ name: 'CancelledError' })
})
