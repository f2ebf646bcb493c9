// After the owner of a lost machine was removed: what it stored is found sound by `verify --data`, and not stored again.
// LESSONS: restic: a leaked key cannot be revoked.

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
beforeAll(async () => {
  place.env['CAIRN_REPO'] = place.at('repository')
  place.write('sample/file', randomBytes(1 << 20))
  await place.json(['init', '--recovery-code-file', 'code.txt'])
  await place.json(['commit', 'sample', '--name', 's'])
  const lost = (await place.json(['key', 'list'])).slots.find((slot: { isOwn: boolean }) => slot.isOwn).slot
  Object.assign(place.env, { CAIRN_HOME: place.at('home-2') })
  await place.json(['key', 'add', '--new-identity', 'new.json', '--recovery-code-file', 'code.txt'])
  Object.assign(place.env, { CAIRN_IDENTITY: place.at('new.json') })
  const { digest } = await place.json(['key', 'remove', lost, '--plan'])
  await place.json(['key', 'remove', lost, '--apply', digest])
}, 60_000)
afterAll(() => place.remove())

test.each([
  [false, 1 << 20],
  [true, 0],
])('the next commit, with verify --data before it: %s', async (verified, content) => {
  const copy = place.at(`copy-${verified}`)
  fs.cpSync(place.at('repository'), copy, { recursive: true })
  const env = { CAIRN_REPO: copy, CAIRN_HOME: place.at(`home-${verified}`) }
  if (verified) expect((await place.json(['verify', '--data'], { env })).ok).toBe(true)
  const { newBytes } = await place.json(['commit', 'sample', '--name', 's'], { env })
  expect(newBytes - content).toBeLessThan(1000) // and its tree
  expect(newBytes).toBeGreaterThanOrEqual(content)
})
