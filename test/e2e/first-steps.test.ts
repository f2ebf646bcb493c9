// What goes wrong on the first day: an init that is refused leaves nothing, and a passphrase that cannot bear it is named.

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

let place: CliPlace
const six = 'anvil birch comet dusk ember fjord'

beforeAll(async () => {
  place = new CliPlace()
  await place.json(['init'])
  place.write('existing', 'kept')
}, 60_000)
afterAll(() => place.remove())

describe('an init that is refused leaves nothing', () => {
  test.each([
    ['the file for the code exists', ['--recovery-code-file', 'existing'], 2],
    ['no identity can be kept there', ['--identity', '/proc/nowhere/id.json', '--recovery-code-file', 'code.txt'], 2],
    ['the identity exists', ['--identity', 'existing', '--recovery-code-file', 'code.txt'], 2],
  ])('%s', async (_, args, code) => {
    await place.json(['init', 'refused', ...args], { code })
    expect(fs.existsSync(place.at('refused'))).toBe(false)
    expect(fs.existsSync(place.at('code.txt'))).toBe(false)
    expect(fs.readFileSync(place.at('existing'), 'utf8')).toBe('kept')
  })

  test('but a directory that was there before', async () => {
    fs.mkdirSync(place.at('mount-point'))
    await place.json(['init', 'mount-point', '--recovery-code-file', 'existing'], { code: 2 })
    expect(fs.existsSync(place.at('mount-point'))).toBe(true)
  })

  test('where its directory is to lie in is missing, as on a disk that is not mounted', async () => {
    const { error } = await place.json(['init', 'unmounted/a/b'], { code: 2 })
    expect(error).toMatchObject({ code: 'store-parent', message: expect.stringContaining(place.at('unmounted/a')) })
    expect(fs.existsSync(place.at('unmounted'))).toBe(false)
  })
})

describe('a new passphrase', () => {
  const file = (text: string, mode: number): string => {
    const made = place.write(`pass-${text.length}`, `${text}\n`)
    fs.chmodSync(made, mode)
    return made
  }

  test.each([
    ['init', (name: string) => ['init', `by-${fs.statSync(name).size}`, '--passphrase-file', name]],
    ['key add', (name: string) => ['key', 'add', '--new-passphrase-file', name]],
  ])('of %s that is short is named as a danger, also to the quiet; one of six words is not', async (_, args) => {
    const short = await place.run([...args(file('x', 0o600)), '--quiet'])
    expect(short).toMatchObject({ code: 0, stderr: expect.stringMatching(/^This passphrase has only 1 character\. .*six random words/) })
    expect(await place.run(args(file(six, 0o600)))).toMatchObject({ code: 0, stderr: '' })
  })

  test.each([
    ['init', (name: string) => ['init', 'open', '--passphrase-file', name]],
    ['key add', (name: string) => ['key', 'add', '--new-passphrase-file', name]],
  ])('of %s whose file others can read is remarked', async (_, args) => {
    const open = file(`${six} open`, 0o644)
    expect((await place.run(args(open))).stderr).toBe(`Others can read the secret in ${open}. Close it: chmod 600 ${open}\n`)
  })
})
