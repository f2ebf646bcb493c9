// Patterns that are asked for every path of a walk: the package behind them keeps each path that it was ever asked for.

import v8 from 'node:v8'
import vm from 'node:vm'
import { expect, test } from 'vitest'
import { Gitignore } from '../../src/sources/filesystem/gitignore.ts'

v8.setFlagsFromString('--expose-gc')
const collectGarbage = vm.runInNewContext('gc') as () => void

const PATHS = 100_000

function heapBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

test(`${PATHS} paths leave no more than a few MB behind, and are answered as the first was`, () => {
  const rules = new Gitignore(['*.tmp', 'build/', '!keep.tmp'])
  rules.add('!/build/')
  const before = heapBytes()
  const matched = Array.from({ length: PATHS / 4 }, (_, i) => {
    const below = ['a.tmp', 'keep.tmp', 'b', 'build/'].map((name) => rules.matches(`directory ${i}/${name}`))
    return below.map(Number).join('')
  })
  expect(new Set(matched)).toEqual(new Set(['1001']))
  expect(rules.matches('build/')).toBe(false)
  expect(heapBytes() - before).toBeLessThan(5e6)
})
