// A umask that takes from the owner what only others should not have: what Cairn makes for itself is usable all the same.

import fs from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const NOBODY = 65_534
let place: CliPlace
beforeEach(() => {
  place = new CliPlace(process.geteuid!() === 0 ? NOBODY : undefined) // permissions mean nothing to root
})
afterEach(() => place.remove())

test.each(['0277', '0777'])('under umask %s a home and a repository are made, filled and read', async (umask) => {
  await place.shell('mkdir tree && printf content > tree/file')
  const run = (args: string) => place.shell(`umask ${umask}; "$0" "$1" ${args}`)
  expect(await run('init --recovery-code-file code')).toMatchObject({ code: 0 })
  for (const name of ['home', 'code']) expect(fs.statSync(place.at(name)).mode & 0o077, name).toBe(0)
  expect(await run('commit tree --name tree')).toMatchObject({ code: 0 })
  expect(await run('cat tree:file')).toMatchObject({ code: 0, stdout: 'content' })
  expect(await run('restore tree --to back')).toMatchObject({ code: 0 })
  expect(fs.readFileSync(place.at('back/file'), 'utf8')).toBe('content')
})
