// The threads of a restore start while it is planned: whatever becomes of the plan, they end.

import fs from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
beforeAll(async () => {
  for (let i = 0; i < 600; i++) place.write(`many/${i}`, `file ${i}\n`)
  place.write('full/kept', 'kept\n')
  place.env['CAIRN_REPO'] = place.at('repository')
  await place.json(['init'])
  await place.json(['commit', 'many', '--name', 's'])
}, 60_000)
afterAll(() => place.remove())

test('a plan that is only shown ends, and so does one that is refused', async () => {
  const { plan } = await place.json(['restore', 's', '--to', 'full', '--replace', '--plan'])
  expect(plan.operation).toBe('restore')
  expect((await place.json(['restore', 's', '--to', 'full', '--replace', '--apply', 'ab'.repeat(32)], { code: 14 })).ok).not.toBe(true)
  expect((await place.json(['restore', 's', '--to', 'full'], { code: 14 })).error.code).toBe('target-not-empty')
  expect(fs.readdirSync(place.at('full'))).toEqual(['kept'])
})

test('a restore of many files comes back whole', async () => {
  expect((await place.json(['restore', 's', '--to', 'back'])).complete).toBe(true)
  expect(fs.readFileSync(place.at('back/599'), 'utf8')).toBe('file 599\n')
  expect(fs.readdirSync(place.at('back'))).toHaveLength(600)
})
