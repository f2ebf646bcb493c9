// What moves into a directory that was listed, while that directory, or one above it, gets another name or place: recorded, too.

import fs from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CLEARLY_OLDER_MS, movingTree, problemsOf } from '../support/moving-tree.ts'

/** The walk lists a and b, and what is below them, before h. */
const files = ['a/p/q/first', 'a/p/q/r/last', 'b/middle', 'b/p/q/same', 'h/other', 'h/precious', 'h/sub/deep']
const { tree, write, move, expectNewestIsDisk, commitTree, commitBefore, commitWhen } = movingTree(files)

let happened: boolean
beforeEach(() => {
  happened = false
})
afterEach(() => expect(happened).toBe(true))

/** The problems of a commit in which something happens when h is not listed yet, and all others are; the next commit has none. */
async function problemsWhen(happens: () => void, excluded?: string): Promise<string[]> {
  const isExcluded = (path: string): boolean => path === excluded
  const outcome = await commitWhen('b/p/q/same', () => (happens(), (happened = true)), excluded === undefined ? {} : { isExcluded })
  if (excluded === undefined) {
    expect(problemsOf(await commitTree())).toEqual([])
    await expectNewestIsDisk()
  }
  return problemsOf(outcome).sort()
}

describe('is recorded under its new path: what moves into a directory', () => {
  test('that had its new name already', async () => {
    expect(await problemsWhen(() => (move('a', 'a2'), move('h/precious', 'a2/precious')))).toEqual(['changed a2/precious'])
  })

  test('that gets a new name afterwards', async () => {
    expect(await problemsWhen(() => (move('h/precious', 'a/precious'), move('a', 'c')))).toEqual(['changed c/precious'])
  })

  test('below one that gets a new name', async () => {
    const happens = (): void => (move('h/precious', 'a/p/q/precious'), move('h/sub', 'a/p/sub'), move('a', 'a2'))
    expect(await problemsWhen(happens)).toEqual(['changed a2/p/q/precious', 'changed a2/p/sub'])
  })

  test('in a tree that nobody has touched for long', async () => {
    await wait(CLEARLY_OLDER_MS)
    expect(await problemsWhen(() => (move('h/precious', 'a/p/q/precious'), move('a', 'a2')))).toEqual(['changed a2/p/q/precious'])
  })

  test('that moves into another one that was listed, or into a new one', async () => {
    const happens = (): void => {
      move('h/precious', 'a/p/q/precious')
      move('a/p/q', 'b/q')
      move('h/other', 'a/p/other')
      fs.mkdirSync(tree('new'))
      move('a/p', 'new/p')
    }
    expect(await problemsWhen(happens)).toEqual(['changed b/q/precious', 'changed new/p/other'])
  })

  test('while it changes places with another one, with directories of the same names in it', async () => {
    await wait(CLEARLY_OLDER_MS)
    const happens = (): void => {
      move('h/precious', 'a/p/q/r/precious')
      move('a', 't')
      move('b', 'a')
      move('t', 'b')
    }
    expect(await problemsWhen(happens)).toEqual(['changed b/p/q/r/precious'])
  })
})

describe('is no problem:', () => {
  test('a directory that moves with all that is in it, and what is made in it', async () => {
    await commitBefore()
    const happens = (): void => (write('a/p/new'), move('a', 'a2'), move('b/p', 'c'))
    expect(await problemsWhen(happens)).toEqual([])
  })

  test('what moves into a directory that is left out by its new name', async () => {
    expect(await problemsWhen(() => (move('h/precious', 'a/precious'), move('a', 'out')), 'out')).toEqual([])
  })

  test('what is captured with its directory in a place that is listed later', async () => {
    expect(await problemsWhen(() => (move('h/precious', 'a/precious'), move('a', 'h/a')))).toEqual([])
  })
})
