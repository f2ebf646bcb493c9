// A snapshot that was made while something could not be read: whoever reads it, or restores it, has to hear of that.

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
/** Root may read any file, save those of the kernel that nobody can read. */
const UNREADABLE = fs.globSync('/sys/bus/*/drivers_probe')[0]!
let id = ''
let partial = ''

beforeAll(async () => {
  place.write('sample/deep/f', 'content\n')
  await place.json(['init'])
  const { snapshot } = await place.json(['commit', 'sample', UNREADABLE, '--name', 'p'], { code: 3 })
  id = snapshot.slice(0, 8)
  partial = `partial ${id}: the snapshot was made with 1 problem, see 'cairn show ${id}'\n`
  await place.json(['commit', 'sample', '--name', 'whole'])
}, 60_000)
afterAll(() => place.remove())

const inside = (): string => `p:${place.at('sample')}`

describe('restore of a partial snapshot', () => {
  test('tells people what it was made with, also when asked for quiet, and ends with 3', async () => {
    const loud = await place.run(['restore', 'p', '--to', 'loud'])
    expect([loud.code, loud.stderr]).toEqual([3, partial])
    expect(loud.stdout).toContain(`  partial, as the snapshot is: 1 problem, see 'cairn show ${id}'\n`)
    expect(await place.run(['restore', 'p', '--to', 'quiet', '-q'])).toEqual({ code: 3, stdout: '', stderr: partial })
  })

  test('tells programs', async () => {
    const told = await place.json(['restore', 'p', '--to', 'json'], { code: 3 })
    expect(told).toMatchObject({ complete: false, errors: 0, captureProblems: 1, files: 1 })
  })

  test('is told by a dry run', async () => {
    expect(await place.run(['restore', 'p', '--to', 'never', '--dry-run'])).toMatchObject({ code: 3, stderr: partial })
    expect(await place.json(['restore', 'p', '--to', 'never', '--dry-run'], { code: 3 })).toMatchObject({ captureProblems: 1 })
  })

  test('a part that was captured whole is whole', async () => {
    expect(await place.json(['restore', inside(), '--to', 'part'])).toMatchObject({ complete: true, captureProblems: 0 })
    expect((await place.run(['restore', 'whole', '--to', 'all'])).stderr).toBe('')
    const above = path.dirname(UNREADABLE)
    expect((await place.json(['restore', `p:${above}`, '--to', 'above'], { code: 3 })).captureProblems).toBe(1)
  }, 60_000)

  test('a path that is missing may not have been captured', async () => {
    const { error } = await place.json(['restore', `p:${UNREADABLE}`, '--to', 'out'], { code: 22 })
    expect(error.hint).toContain(`it may not have been captured: cairn show ${id}`)
  })
})

describe('looking into a partial snapshot', () => {
  test.each([
    ['ls', () => ['p']],
    ['cat', () => [`${inside()}/deep/f`]],
    ['find', () => ['p', 'f']],
    ['find', () => ['--all-snapshots', 'f']],
  ])('%s remarks it, save for who asked for quiet', async (command, args) => {
    expect(await place.run([command, ...args()])).toMatchObject({ code: 0, stderr: partial })
    expect(await place.run([command, ...args(), '-q'])).toMatchObject({ code: 0, stderr: '' })
  })

  test.each(['ls', 'cat'])('%s of what is missing hints that it may not have been captured', async (command) => {
    const { hint } = (await place.json([command, `p:${UNREADABLE}`], { code: 22 })).error
    expect(hint).toContain(`'cairn ls ${id}:${path.dirname(UNREADABLE).slice(1)}' shows what is there.`)
    expect(hint).toContain(`it may not have been captured: cairn show ${id}`)
    expect((await place.json([command, 'whole:gone'], { code: 22 })).error.hint).not.toContain('captured')
  })
})
