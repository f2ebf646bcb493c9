// The journal's last entries are damaged: whoever saw them stops; a new machine shows what is left, and says that more may be missing.

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'
import type { PlaceEnv } from '../support/journal-place.ts'
import { flip } from '../support/verify-place.ts'

const place = new CliPlace()
let code = ''
let entries: string[] = []

beforeAll(async () => {
  code = (await place.json(['init'])).recoveryCode
  fs.writeFileSync(place.at('code'), code, { mode: 0o600 })
  for (const text of ['one', 'two']) {
    place.write('tree/file', text)
    await place.json(['commit', place.at('tree'), '--name', 'tree'])
  }
  entries = fs.readdirSync(place.at('repository/journal')).sort()
}, 60_000)
afterAll(() => place.remove())

/** A copy of the store whose journal is damaged from the second snapshot on, for a machine that never saw it. */
function damagedCopy(damage: (file: string) => void): PlaceEnv {
  const copy = fs.mkdtempSync(place.at('copy-'))
  fs.cpSync(place.at('repository'), copy, { recursive: true })
  for (const name of entries.slice(-2)) damage(`${copy}/journal/${name}`)
  return { CAIRN_REPO: copy, CAIRN_HOME: fs.mkdtempSync(place.at('home-')) }
}

const flipped = (file: string): void => flip(file, 100)
const emptied = (file: string): void => fs.truncateSync(file)
const withCode = (...args: string[]): string[] => [...args, '--recovery-code-file', place.at('code')]

describe.each([
  ['damaged', flipped],
  ['empty', emptied],
])('entries that are %s', (_, damage) => {
  test('every command of a new machine warns, until somebody has written behind them', async () => {
    const env = damagedCopy(damage)
    const restore = ['restore', 'tree', '--to', `${env.CAIRN_HOME}-back`]
    for (const args of [['log'], ['verify', '--data'], restore, ['show', 'tree'], ['status']]) {
      const { code: exit, stderr } = await place.run(withCode(...args), { env })
      expect({ exit, stderr }).toMatchObject({
        exit: 0,
        stderr: expect.stringMatching(/WARNING: The last .* void.*snapshots may be missing/),
      })
    }
    expect(fs.readdirSync(`${env.CAIRN_REPO}/journal`)).toHaveLength(entries.length)
    await place.json(withCode('commit', place.at('tree'), '--name', 'tree'), { env })
    const { stdout, stderr } = await place.run(withCode('journal'), { env })
    expect(stderr).not.toContain('The last')
    expect(stdout).toContain('restore_completed')
  }, 60_000)

  test('nothing was written: the entries come back from a copy, and the new machine sees them', async () => {
    const env = damagedCopy(damage)
    await place.run(withCode('restore', 'tree', '--to', `${env.CAIRN_HOME}-back`), { env })
    for (const name of entries) fs.copyFileSync(place.at(`repository/journal/${name}`), `${env.CAIRN_REPO}/journal/${name}`)
    const { code: exit, stdout, stderr } = await place.run(withCode('log'), { env })
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    expect(stdout.trim().split('\n')).toHaveLength(3)
  }, 60_000)

  test('programs find it on stderr, and among the remarks of verify', async () => {
    const env = damagedCopy(damage)
    const { stderr, stdout } = await place.run(withCode('verify', '--json'), { env })
    expect(JSON.parse(stderr)).toEqual({ warning: expect.stringContaining('void') })
    const { ok, remarks } = JSON.parse(stdout.trim().split('\n').at(-1)!)
    expect(ok).toBe(true)
    expect(remarks).toMatchObject(entries.slice(-2).map((name) => ({ kind: 'journal', object: `journal/${name}` })))
  }, 60_000)

  test('a machine that saw them stops', async () => {
    const env = { ...damagedCopy(damage), CAIRN_HOME: place.at('home') }
    fs.rmSync(place.at('repository.away'), { recursive: true, force: true })
    fs.renameSync(place.at('repository'), place.at('repository.away'))
    fs.renameSync(env.CAIRN_REPO, place.at('repository'))
    expect(await place.run(['log'])).toMatchObject({ code: 14 })
    fs.renameSync(place.at('repository'), env.CAIRN_REPO)
    fs.renameSync(place.at('repository.away'), place.at('repository'))
  }, 60_000)
})

test('a journal that is whole says nothing of it', async () => {
  expect((await place.run(['log'])).stderr).toBe('')
})
