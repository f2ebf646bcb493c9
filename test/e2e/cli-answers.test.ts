// What commands answer where nothing was to be done, nothing was found, or more is to be known than that it was done.

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
beforeAll(async () => {
  place.write('src/docs/f', 'content')
  await place.json(['init', '--label', 'me@here'])
  await place.json(['commit', 'src', '--name', 'src', '-m', 'first\nsecond\nthird', '--exclude', '*.tmp', '--one-file-system'])
}, 60_000)
afterAll(() => place.remove())

const entries = async (): Promise<number> => (await place.json(['status'])).journal.sequence

test('a tag that is there already is no error, and no new entry', async () => {
  expect((await place.run(['tag', 'good', 'src'])).stdout).toMatch(/^Tagged \w{8} as good\n$/)
  const before = await entries()
  const again = await place.run(['tag', 'good', 'latest'])
  expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/^The tag good is on \w{8} already\n$/)])
  expect((await place.run(['tag', '--move', 'good', 'latest'], { env: { CAIRN_ACTOR: 'agent:bot' } })).code).toBe(0)
  expect(await entries()).toBe(before)
})

test('a writer who would tag hears what an owner can do', async () => {
  await place.json(['key', 'export', '--writer', '--series', 'src', '-o', 'writer.json'])
  const { error } = await place.json(['tag', 'mine', 'latest', '--identity', 'writer.json'], { code: 13 })
  expect(error).toMatchObject({ code: 'role', message: 'A writer may not set, move or remove tags.' })
  expect(error.hint).toMatch(/key list.*key add --new-identity/)
  expect((await place.json(['tag', '--remove', 'good', '--identity', 'writer.json'], { code: 13 })).error.code).toBe('role')
})

describe('find', () => {
  test('says when nothing matches, to people only', async () => {
    expect(await place.run(['find', 'src', 'nope'])).toEqual({ code: 0, stdout: '', stderr: 'Nothing matches nope.\n' })
    expect((await place.run(['find', 'src', 'nope', '--quiet'])).stderr).toBe('')
    expect(await place.json(['find', 'src', 'nope'])).toMatchObject({ pattern: 'nope', matches: [] })
    expect((await place.run(['find', 'src', 'f'])).stderr).toBe('')
  })

  test('says how to search below a path', async () => {
    const { error } = await place.json(['find', 'src:docs', 'f'], { code: 2 })
    expect(error).toMatchObject({ code: 'path-in-find', hint: expect.stringContaining("cairn find src 'docs/**'") })
  })
})

test('show prints a description of several lines on several lines, and what was left out', async () => {
  const { stdout } = await place.run(['show', 'src'])
  expect(stdout).toContain('description   first\n              second\n              third\nhost')
  expect(stdout).toContain('left out      *.tmp, other file systems\n')
})

test('a grant is told with its series, and whether there is one yet', async () => {
  const issue = (series: string) =>
    place.run(['grant', 'issue', '--command', 'restore', '--target', '/srv/x', '--member', 'me@here', '--series', series])
  const known = await issue('src')
  expect([known.stdout, known.stderr]).toEqual([expect.stringMatching(/me@here may restore \/srv\/x, with snapshots of src\n$/), ''])
  expect((await issue('nope')).stderr).toContain('There is no series nope yet')
})

test('the log names whom a removal took the rights from', async () => {
  const { slot } = await place.json(['key', 'add', '--new-identity', 'gone.json', '--label', 'gone@there', '--role', 'reader'])
  const { digest } = await place.json(['key', 'remove', slot, '--plan'])
  await place.json(['key', 'remove', slot, '--apply', digest])
  expect((await place.run(['journal'])).stdout).toMatch(/permission_change +-gone@there/)
})

test.each([
  ['a file', 'file', 'target-not-a-directory'],
  ['a symlink', 'link', 'target-not-a-directory'],
  ['a directory that is full', 'src', 'target-not-empty'],
])('a restore to %s is refused, and that stands in the log', async (_, to, code) => {
  if (to === 'file') place.write('file', '')
  if (to === 'link') fs.symlinkSync('nowhere', place.at('link'))
  expect((await place.json(['restore', 'src', '--to', to], { code: 14 })).error.code).toBe(code)
  const [attempted, failed] = (await place.run(['journal', '--json', '-n', '2'])).stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(attempted).toMatchObject({ event: 'restore_attempted', details: { target: place.at(to) } })
  expect(failed).toMatchObject({ event: 'restore_failed', details: { target: place.at(to), error: code } })
})

test('looking at what a restore would do leaves nothing in the log', async () => {
  const before = await entries()
  await place.json(['restore', 'src', '--to', 'file', '--dry-run'], { code: 14 })
  await place.json(['restore', 'src', '--to', 'file', '--replace', '--plan'], { code: 14 })
  expect(await entries()).toBe(before)
})
