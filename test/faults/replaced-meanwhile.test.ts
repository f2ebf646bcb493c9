// A name that was listed leads to another file by the time it is read, as when a log is rotated: that file is captured, and the one that
// was listed, under its new name, may be in no directory of the snapshot. Recorded, never silent, though no listing saw a change.

import fs from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { CLEARLY_OLDER_MS, movingTree, problemsOf } from '../support/moving-tree.ts'

/** The walk lists `a`, `b` and `h`, and reads what is in them thereafter. */
const files = ['a/log', 'b/middle', 'h/other']
const { tree, write, move, expectNewestIsDisk, commitTree, commitBefore, commitWhen } = movingTree(files)

/** The problems of a commit in which something happens when all is listed, and nothing is read; the next commit has none. */
async function problemsWhen(happens: () => void): Promise<string[]> {
  const outcome = await commitWhen('h/other', happens)
  vi.restoreAllMocks()
  expect(problemsOf(await commitTree())).toEqual([])
  await expectNewestIsDisk()
  return problemsOf(outcome).sort()
}

/** Nobody has touched the tree for long: no directory looks as if it had changed. */
beforeEach(() => wait(CLEARLY_OLDER_MS))

describe('is recorded: a file that is captured under no name, since a new one took its place', () => {
  test.each(['a/log.1', 'new/log.1'])('and is %s by now', async (rotated) => {
    const happens = (): void => {
      fs.mkdirSync(tree(`${rotated}/..`), { recursive: true })
      move('a/log', rotated)
      write('a/log', 'new')
    }
    expect(await problemsWhen(happens)).toEqual([`changed ${rotated}`])
  })

  test('a new one that changes as long as it is read', async () => {
    const { readSync } = fs
    const happens = (): void => {
      move('a/log', 'a/log.1')
      write('a/log', 'x'.repeat(50_000))
      vi.spyOn(fs, 'readSync').mockImplementation((fd: number, ...rest: [NodeJS.ArrayBufferView]) => {
        const read = readSync(fd, ...rest)
        if (read > 0 && fs.fstatSync(fd).size >= 50_000) fs.appendFileSync(tree('a/log'), 'more')
        return read
      })
    }
    expect(await problemsWhen(happens)).toEqual(['changed a/log', 'changed a/log.1'])
  })

  test('one that was captured, and has exchanged names with it', async () => {
    await commitBefore()
    write('a/log', 'newer')
    await wait(CLEARLY_OLDER_MS)
    const happens = (): void => (move('a/log', 'x'), move('b/middle', 'a/log'), move('x', 'b/middle'))
    expect(await problemsWhen(happens)).toEqual(['changed b/middle'])
  })

  test('and another name of it was captured: the listed one explains no new one', async () => {
    fs.linkSync(tree('a/log'), tree('h/log'))
    await wait(CLEARLY_OLDER_MS)
    expect(await problemsWhen(() => (move('a/log', 'b/log'), write('a/log', 'new')))).toEqual(['changed b/log'])
  })
})

test('is no problem: a file that is saved beside its place, and moved over what was there', async () => {
  expect(await problemsWhen(() => (write('.tmp', 'new'), move('.tmp', 'a/log')))).toEqual([])
})
