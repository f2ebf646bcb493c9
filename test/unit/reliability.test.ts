// What bench/RELIABILITY.md says of failures is counted: a case that throws, or never ends, stands there as one.

import fs from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { scratch } from '../support/scratch.ts'

const { at } = scratch()
let cases: CaseCounter

beforeEach(() => {
  cases = new CaseCounter()
  vi.stubEnv('SLOW', '')
})
afterEach(() => vi.unstubAllEnvs())

const fail = (): never => {
  throw new Error('the test fails this')
}

test('a case that throws, now or later, is a failure, and its error is passed on', async () => {
  await expect(cases.try('a', fail)).rejects.toThrow('the test fails this')
  await expect(cases.try('a', () => Promise.reject(new Error('later')))).rejects.toThrow('later')
  expect(await cases.try('a', () => 7)).toBe(7)
  expect(cases.all()).toEqual([{ what: 'a', caseCount: 3, failureCount: 2, note: '' }])
  expect(cases.passedCount()).toBe(1)
})

test('a case that does not end is a failure', () => {
  void cases.try('hangs', () => new Promise<void>(() => undefined))
  cases.begin('begun')
  cases.begin('done')()
  expect(cases.all().map(({ what, failureCount }) => [what, failureCount])).toEqual([
    ['hangs', 1],
    ['begun', 1],
    ['done', 0],
  ])
})

test('the table has what was counted, and is written only where it was asked for', async () => {
  await cases.try('good', () => undefined)
  await cases.try('bad | worse', fail).catch(() => undefined)
  cases.remark('good', 'as always')
  const file = at('RELIABILITY.md')
  vi.stubEnv('CAIRN_RECORD', '')
  recordReliability('suite', cases, file)
  expect(fs.existsSync(file)).toBe(false)
  vi.stubEnv('CAIRN_RECORD', '1')
  recordReliability('suite', cases, file)
  const rows = fs.readFileSync(file, 'utf8').split('\n')
  expect(rows.filter((row) => row.startsWith('| ')).slice(2)).toEqual(['| good | 1 | 0 | as always |', '| bad \\| worse | 1 | 1 |  |'])
})
