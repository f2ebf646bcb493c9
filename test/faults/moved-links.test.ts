// A name that moves while a commit walks, of a file that is captured under another name: the name is missing, so it is recorded. Links
// that are made, renamed or removed meanwhile, and trees that are full of them, are no problem.

import fs from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'
import { CLEARLY_OLDER_MS, movingTree, problemsOf } from '../support/moving-tree.ts'

/** The walk lists `in`, then a, b, c and h in it, and what is below each. */
const files = ['in/a/alone', 'in/a/x', 'in/a/y', 'in/b/first', 'in/c/middle', 'in/h/other']
const { tree, write, move, expectNewestIsDisk, commitTree, commitBefore, commitWhen } = movingTree(files)

/** x has a name that is listed late, y has none. */
beforeEach(() => {
  link('in/a/x', 'in/h/hard')
  link('in/a/y', 'in/b/y')
})

function link(from: string, to: string): void {
  fs.mkdirSync(tree(`${to}/..`), { recursive: true })
  fs.linkSync(tree(from), tree(to))
}

/** The problems of a commit in which something happens when h is not listed yet, and all others are; the next commit has none. */
async function problemsWhen(happens: () => void): Promise<string[]> {
  const outcome = await commitWhen('in/c/middle', happens)
  expect(problemsOf(await commitTree())).toEqual([])
  await expectNewestIsDisk()
  return problemsOf(outcome).sort()
}

describe('is recorded: a name of a captured file that moves from a directory that is not listed yet into', () => {
  test('one that is', async () => {
    expect(await problemsWhen(() => move('in/h/hard', 'in/a/hard'))).toEqual(['changed in/a/hard'])
  })

  test('one that is, in a tree that nobody has touched for long', async () => {
    await wait(CLEARLY_OLDER_MS)
    expect(await problemsWhen(() => move('in/h/hard', 'in/b/hard'))).toEqual(['changed in/b/hard'])
  })

  test('the one from which the captured name is deleted', async () => {
    await commitBefore()
    const happens = (): void => (fs.rmSync(tree('in/a/x')), move('in/h/hard', 'in/a/hard'))
    expect(await problemsWhen(happens)).toEqual(['changed in/a/hard'])
  })

  test('one that gets a new name', async () => {
    const happens = (): void => (move('in/h/hard', 'in/a/hard'), move('in/a', 'in/a2'))
    expect(await problemsWhen(happens)).toEqual(['changed in/a2/hard'])
  })

  test('one in which the captured name gets another one: nothing tells which of the two it is', async () => {
    await commitBefore()
    const happens = (): void => (move('in/h/hard', 'in/a/hard'), move('in/a/x', 'in/a/x2'))
    expect(await problemsWhen(happens)).toEqual(['changed in/a/hard', 'changed in/a/x2'])
  })

  test('one in which links are made, or from which they are made', async () => {
    const happens = (): void => (move('in/h/hard', 'in/a/hard'), link('in/a/x', 'in/b/new'), link('in/a/x', 'in/h/new'))
    expect(await problemsWhen(happens)).toEqual(['changed in/a/hard', 'changed in/b/new'])
  })

  test('one, for all that can be known: a link that is made before another name of its file is listed', async () => {
    expect(await problemsWhen(() => (link('in/a/x', 'in/b/new'), write('in/h/new')))).toEqual(['changed in/b/new'])
  })
})

describe('is no problem:', () => {
  test('a captured name that gets another one, or another directory, or goes', async () => {
    for (const name of ['u', 'v', 'w']) link('in/a/y', `in/b/${name}`)
    await commitBefore()
    const happens = (): void => {
      move('in/a/y', 'in/a/z')
      move('in/b/u', 'in/u')
      fs.rmSync(tree('in/b/v'))
      move('in/b', 'in/b2')
    }
    expect(await problemsWhen(happens)).toEqual([])
  })

  test('a new link, also one that takes the place of the name that it was made of', async () => {
    await commitBefore()
    const happens = (): void => {
      link('in/a/y', 'in/a/new')
      link('in/a/y', 'in/copy/y')
      link('in/a/y', 'in/a/delivered')
      fs.rmSync(tree('in/a/y'))
    }
    expect(await problemsWhen(happens)).toEqual([])
  })

  test('a captured name whose place a new file takes', async () => {
    expect(await problemsWhen(() => (write('in/.tmp'), move('in/.tmp', 'in/a/x')))).toEqual([])
  })

  test('a file that has one name when that is captured, and a second one when that is', async () => {
    await wait(CLEARLY_OLDER_MS)
    const happens = (): void => (link('in/a/alone', 'in/h/second'), write('in/a/new'))
    expect(await problemsWhen(happens)).toEqual([])
  })

  test('a file with a name beside what is captured', async () => {
    link('in/a/y', 'beside/y')
    const root = captureRoot([tree('in')])
    await commitBefore({ root })
    const happens = (): void => (move('in/a/y', 'in/a/z'), link('in/a/z', 'in/b/new'))
    expect(problemsOf(await commitWhen('c/middle', happens, { root }))).toEqual([])
  })

  test('a tree full of links, also when all of it was just written, and while some of it changes', async () => {
    for (let i = 0; i < 300; i++) link('in/a/x', `in/m${i % 7}/${i}`)
    for (let i = 0; i < 300; i++) link(i % 3 === 0 ? 'in/h/other' : 'in/a/alone', `in/m${i % 5}/also${i}`)
    const outcome = await commitTree({ openCache: () => undefined })
    expect(problemsOf(outcome)).toEqual([])
    expect(await problemsWhen(() => (write('in/a/new'), write('in/m1/new')))).toEqual([])
    await wait(CLEARLY_OLDER_MS)
    for (const name of ['in/a', 'in/m0', 'in/m1']) fs.utimesSync(tree(name), 1, 1)
    fs.utimesSync(tree('in/a/x'), 1, 1)
    expect(await problemsWhen(() => write('in/m2/new'))).toEqual([])
  })
})
