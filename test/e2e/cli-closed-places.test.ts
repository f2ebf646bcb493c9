// Places that an ordinary user may not use, named on the command line: that is the user's affair, and no defect of the program.

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

// Permissions mean nothing to root.
const NOBODY = 65_534
const place = new CliPlace(process.geteuid!() === 0 ? NOBODY : undefined)

function make(name: string, mode = 0o755): string {
  const directory = place.at(name)
  fs.mkdirSync(directory, { recursive: true })
  giveAway(directory)
  fs.chmodSync(directory, mode)
  return directory
}

function giveAway(file: string): void {
  if (process.geteuid!() === 0) fs.chownSync(file, NOBODY, NOBODY)
}

beforeAll(async () => {
  make('tree')
  giveAway(place.write('tree/f', 'content'))
  await place.json(['init'])
  await place.json(['commit', 'tree', '--name', 's'])
}, 60_000)
afterAll(() => {
  for (const name of ['closed', 'target/in/locked', 'unsearched']) fs.chmodSync(place.at(name), 0o700)
  place.remove()
})

describe('a restore to', () => {
  beforeAll(() => {
    make('closed', 0)
    for (const name of ['target', 'target/in']) make(name)
    make('target/in/locked', 0)
    fs.mkdirSync(make('unsearched', 0o700) + '/below')
    fs.chmodSync(place.at('unsearched'), 0o400)
  })

  test.each([
    ['a directory that cannot be read', 'closed', 'closed', []],
    ['the same, to be replaced', 'closed', 'closed', ['--replace', '--plan']],
    ['a directory with one in it that cannot be read', 'target', 'target/in/locked', ['--replace', '--plan']],
    ['the same, with an approved plan', 'target', 'target/in/locked', ['--replace', '--apply', 'ab']],
    ['the same, in a dry run', 'target', 'target/in/locked', ['--replace', '--dry-run']],
    ['a directory below one that cannot be entered', 'unsearched/below', 'unsearched', []],
  ])('%s is refused', async (_, to, named, more) => {
    const { error } = await place.json(['restore', 's', '--to', to, ...more], { code: 2 })
    expect(error).toMatchObject({ code: 'target-access', message: `This user may not use ${place.at(named)}.` })
    expect(error.hint).toContain('as a user who may')
    expect(fs.readdirSync(place.directory).filter((name) => name.startsWith('.cairn-restore'))).toEqual([])
  })

  test('a place that does not exist is told as that', async () => {
    const { stderr } = await place.run(['restore', 's', '--to', path.join('nowhere', 'x')])
    expect(stderr).toContain(`${place.at('nowhere')} does not exist.`)
  })
})
