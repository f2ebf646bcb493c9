// What a user may not read: the directory that was named, and one below it. The program runs as nobody, so only root can test it.

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const NOBODY = 65534
const isRoot = process.geteuid!() === 0

describe.runIf(isRoot)('a directory that may not be read', () => {
  const place = new CliPlace(NOBODY)
  beforeAll(async () => {
    place.write('closed/f', 'content')
    fs.chmodSync(place.at('closed'), 0o700)
    await place.json(['init'])
  }, 60_000)
  afterAll(() => place.remove())

  test.each([
    ['commit', ['commit', 'closed', '--name', 'closed']],
    ['a dry run', ['commit', 'closed', '--name', 'closed', '--dry-run']],
  ])('cannot be the root of %s: exit 2, and it is named', async (_, args) => {
    const { error } = await place.json(args, { code: 2 })
    expect(error).toMatchObject({ code: 'unreadable-root', message: expect.stringContaining(place.at('closed')) })
  })
})
