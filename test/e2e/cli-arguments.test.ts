// What a command line may hold: names that begin with a dash, empty values, names that are too long or no text at all.

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
beforeAll(async () => {
  for (const name of ['a', 'b', '-dir', 'true']) place.write(`${name}/f`, name)
  await place.json(['init'])
  await place.json(['commit', 'a', '--name', 's'])
}, 60_000)
afterAll(() => place.remove())

describe('behind --', () => {
  test('stand arguments like those before it', async () => {
    expect((await place.run(['commit', 'a', '--name', 'both', '--', 'b', '-dir', 'true'])).code).toBe(0)
    const { roots } = await place.json(['show', 'both'])
    expect(roots.map((root: { path: string }) => root.path)).toEqual(['a', 'b', '-dir', 'true'].map((name) => place.at(name)))
  }, 60_000)

  test('stand names that begin with a dash', async () => {
    expect((await place.run(['commit', '--name=dashed', '--', '-dir'])).code).toBe(0)
    expect((await place.run(['ls', '--', 'dashed:f'])).stdout).toBe('f\n')
    expect((await place.run(['log', '--', 'dashed'])).stdout).toContain(' dashed ')
    expect((await place.run(['tag', '--', 'foo', 'dashed'])).stdout).toMatch(/as foo\n$/)
    expect((await place.run(['find', 'dashed', '--', '--json'])).stdout).toBe('')
    expect((await place.run(['log', '--', '--help'])).stderr).toContain("There is no series '--help'.")
    expect((await place.run(['journal', '--', 'verify'])).code).toBe(0)
  }, 60_000)

  test.each([
    [['log', 's', '--', '-x'], 'The argument -x is one too many.'],
    [['commit', '--name', '--', 'a'], 'Not enough arguments following: name.'],
    [['restore', '--', 's', '--to', 'out'], 'Missing required argument: to.'],
  ])('%j is told as: %s', async (args, message) => {
    const { code, stdout, stderr } = await place.run(args)
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)])
  })
})

test.each([
  [['commit', ''], 'path'],
  [['commit', 'a', '--name', ''], '--name'],
  [['commit', 'a', '--exclude-file', ''], '--exclude-file'],
  [['restore', 's', '--to', ''], '--to'],
  [['restore', 's', '--to=', '--replace', '--plan'], '--to'],
  [['restore', '', '--to', 'out'], 'snapshot'],
  [['init', ''], 'path'],
  [['log', '--repo', ''], '--repo'],
  [['log', '--identity='], '--identity'],
  [['key', 'export', '--writer', '--series', 's', '--output', ''], '--output'],
  [['grant', 'issue', '--command', 'restore', '--target', '', '--member', 'x'], '--target'],
  [['tag', '--remove', ''], '--remove'],
  [['diff', 's', ''], 'after'],
  [['restore', 's', '--to', 'a', '--replace', '--apply', ''], '--apply'],
])('%j is refused: an empty value would mean another place', async (args, shown) => {
  const { error } = await place.json(args, { code: 2 })
  expect(error).toMatchObject({ code: 'empty-argument', message: `The value of ${shown} is empty.` })
})

test('an empty text is a text', async () => {
  expect((await place.json(['commit', 'a', '--name', 's', '-m', '', '--source', ''])).complete).toBe(true)
})

test('a switch is on or off', async () => {
  expect((await place.run(['log', '--json=maybe'])).stderr).toContain("'maybe' is no value of --json.")
  expect((await place.run(['commit', 'a', '--dry-run=no'])).stderr).toContain("'no' is no value of --dry-run.")
  expect(JSON.parse((await place.run(['log', '--json=true'])).stdout)).toHaveProperty('snapshots')
})

test('nothing was made by what was refused', () => {
  expect(fs.readdirSync(place.directory).sort()).toEqual(['-dir', 'a', 'b', 'home', 'repository', 'true'])
})
