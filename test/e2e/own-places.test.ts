// Nothing is put into the repository but what belongs there, and no restore moves it, or the keys, away.

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
beforeAll(async () => {
  place.write('sample/f', 'content\n')
  fs.mkdirSync(place.at('around'))
  place.env['CAIRN_REPO'] = place.at('around/repository')
  await place.json(['init'])
  await place.json(['commit', 'sample', '--name', 's'])
  fs.symlinkSync('around/repository', place.at('link'))
}, 60_000)
afterAll(() => place.remove())

const files = (): string[] => fs.readdirSync(place.at('around'), { recursive: true }).map(String).sort()

test.each([
  [['around/repository'], 'lies in', 'which is the repository'],
  [['around/repository/new'], 'lies in', 'which is the repository'],
  [['link/packs/new'], 'lies in', 'which is the repository'],
  [['around/repository', '--replace', '--plan'], 'lies in', 'which is the repository'],
  [['around', '--replace', '--plan'], 'holds', 'which is the repository'],
  [['.', '--replace', '--plan'], 'holds', 'which is the repository'],
  [['home', '--replace', '--plan'], 'lies in', 'keys and pins'],
  [['home/new'], 'lies in', 'keys and pins'],
])('a restore to %j is refused', async ([to, ...more], how, what) => {
  const before = files()
  for (const dry of [[], ['--dry-run']]) {
    const { error } = await place.json(['restore', 's', '--to', to!, ...more, ...dry], { code: 2 })
    expect(error).toMatchObject({ code: 'own-place', message: expect.stringContaining(` ${how} `) })
    expect(error.message).toContain(what)
  }
  expect(files()).toEqual(before)
})

test.each([
  ['key', 'export', '--writer', '--series', 's', '-o'],
  ['key', 'add', '--new-identity'],
])('%s %s puts no secret into the repository', async (...args) => {
  const before = files()
  for (const file of ['around/repository/w.json', 'link/keys/w.json'])
    expect((await place.json([...args, file], { code: 2 })).error.code).toBe('own-place')
  expect(files()).toEqual(before)
})

test.each(['--recovery-code-file', '--identity'])('init puts no %s into the repository that it makes', async (option) => {
  const { error } = await place.json(['init', 'fresh', option, path.join('fresh', 'secret')], { code: 2 })
  expect(error.code).toBe('own-place')
  expect(fs.existsSync(place.at('fresh'))).toBe(false)
})

test('a name that only begins alike is another place', async () => {
  expect((await place.json(['restore', 's', '--to', 'around/repository-2'])).complete).toBe(true)
})
