// A place at which a repository was, and is no more: as a whole, as behind a disk that is not mounted, or without its journal.

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
const known = place.at('repository')
const strange = { CAIRN_HOME: place.at('other-home') }
let id: string

beforeAll(async () => {
  place.write('tree/f', 'content')
  id = (await place.json(['init'])).repository
  await place.json(['commit', 'tree', '--name', 't'])
}, 60_000)
afterAll(() => place.remove())

const logged = async (env: Record<string, string> = {}) => (await place.json(['log'], { env, code: 10 })).error
const others = [
  ['journal', 'verify'],
  ['journal', 'accept', '--reason', 'x', '--plan'],
]

describe('a journal that is missing', () => {
  test('in part: what is missing is named', async () => {
    fs.mkdirSync(place.at('aside'))
    const entry = `journal/${fs.readdirSync(place.at('repository/journal')).sort()[0]}`
    fs.renameSync(place.at('repository', entry), place.at('aside', 'first'))
    const { message, fields } = await logged()
    expect(message).toContain(
      `${entry}, with which the journal begins, is missing at ${known}, where journal/, manifests/, packs/data/ and packs/tree/ of`,
    )
    expect(fields).toMatchObject({ expectedRepository: id })
    fs.renameSync(place.at('aside', 'first'), place.at('repository', entry))
  })

  test('whole: nobody is told to make a new repository over what is left', async () => {
    fs.renameSync(place.at('repository/journal'), place.at('aside/journal'))
    const parts = 'where manifests/, packs/data/ and packs/tree/ of'
    const { message, hint, fields } = await logged()
    expect(message).toBe(`The journal is missing at ${known}, ${parts} repository ${id.slice(0, 16)} are.`)
    expect(hint).toMatch(/copy of the store.* no new repository here/)
    expect(fields).toMatchObject({ expectedRepository: id })
    for (const args of others) expect((await place.json(args, { code: 10 })).error.message).toBe(message)
    expect((await logged(strange)).message).toBe(`The journal is missing at ${known}, ${parts} a repository are.`)
  })

  test.each([{}, strange])('init is refused there, with a way out, and leaves all as it was: %j', async (env) => {
    const names = (): string[] => fs.readdirSync(known, { recursive: true, encoding: 'utf8' }).sort()
    const before = names()
    const { error } = await place.json(['init'], { env, code: 2 })
    expect(error).toMatchObject({
      code: 'repository-remains',
      hint: expect.stringContaining('another path, or move what is left away'),
    })
    expect(names()).toEqual(before)
  })
})

describe('a place with nothing in it', () => {
  test.each(['empty', 'gone'])('is told as that of the repository which this machine saw there: %s', async (how) => {
    fs.rmSync(known, { recursive: true, force: true })
    if (how === 'empty') fs.mkdirSync(known)
    const { message, hint } = await logged()
    expect(message).toContain(`Repository ${id.slice(0, 16)} was there when this machine last looked.`)
    expect(hint).toContain('Is the right disk mounted?')
    for (const args of others) expect((await place.json(args, { code: 10 })).error.message).toBe(message)
    expect((await logged(strange)).message).not.toContain('last looked')
  })

  test('init makes a new one there, and says what was there', async () => {
    const { code, stderr } = await place.run(['init', '--recovery-code-file', 'code'])
    expect([code, stderr]).toEqual([0, expect.stringContaining(`Another repository, ${id.slice(0, 16)}, was there`)])
    await place.json(['commit', 'tree', '--name', 't'])
  })
})
