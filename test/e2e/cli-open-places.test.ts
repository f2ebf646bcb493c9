// What others than its owner can read or write on this machine: an identity is refused then, the rest is remarked.

import fs from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
const identities = (): string => place.at('home/identities')
const identity = (): string => `${identities()}/${fs.readdirSync(identities())[0]}`

beforeAll(async () => {
  await place.json(['init'])
}, 60_000)
afterAll(() => place.remove())
beforeEach(() => {
  for (const each of ['home', 'home/identities', 'home/cache']) fs.chmodSync(place.at(each), 0o700)
})

const remarkOn = (directory: string): string => `Others can write to ${directory}, and so deceive Cairn. Close it: chmod 700 ${directory}\n`

describe('a place that others can write to', () => {
  test.each([
    ['home', 0o777],
    ['home', 0o720],
    ['home/identities', 0o702],
    ['home/cache', 0o770],
  ])('%s with mode %o is remarked once, and nothing else happens', async (name, mode) => {
    fs.chmodSync(place.at(name), mode)
    expect(await place.run(['log'])).toMatchObject({ code: 0, stderr: remarkOn(place.at(name)) })
    expect(await place.run(['log', '--quiet'])).toMatchObject({ code: 0, stderr: '' })
    expect(await place.run(['log', '--json'])).toMatchObject({ code: 0, stderr: '' })
  })

  test('a directory in place of a secret is no secret to be closed', async () => {
    fs.mkdirSync(place.at('codes'), { mode: 0o755 })
    const { code, stderr } = await place.run(['log', '--recovery-code-file', 'codes'])
    expect([code, stderr]).toEqual([2, expect.not.stringContaining('chmod')])
  })

  test('init remarks it, too', async () => {
    fs.mkdirSync(place.at('open'))
    fs.chmodSync(place.at('open'), 0o777)
    const { stderr } = await place.run(['init', 'another'], { env: { CAIRN_HOME: place.at('open') } })
    expect(stderr).toBe(remarkOn(place.at('open')))
  })

  test('one that others can only read is not worth a word', async () => {
    fs.chmodSync(place.at('home'), 0o755)
    expect(await place.run(['log'])).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('a secret that others can read', () => {
  test.each([0o640, 0o604, 0o620])('an identity of mode %o is refused', async (mode) => {
    fs.chmodSync(identity(), mode)
    const { error } = await place.json(['log'], { code: 12 })
    expect(error).toMatchObject({ code: 'identity-open', hint: `Close it: chmod 600 ${identity()}` })
    fs.chmodSync(identity(), 0o600)
  })

  test('a file with a passphrase is remarked', async () => {
    const file = place.write('pass', 'tulips')
    fs.chmodSync(file, 0o644)
    await place.run(['key', 'add', '--new-passphrase-file', file])
    const { stderr } = await place.run(['log', '--passphrase-file', file])
    expect(stderr).toBe(`Others can read the secret in ${file}. Close it: chmod 600 ${file}\n`)
  })
})
