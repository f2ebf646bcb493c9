// The cache of captures keeps one file for each combination of paths and excludes: what nobody uses goes with a commit that ends well.

import fs from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const DAY_S = 86_400
let place: CliPlace

beforeAll(async () => {
  place = new CliPlace()
  await place.json(['init'])
  place.write('tree/f', 'content')
  await commit('used')
}, 60_000)
afterAll(() => place.remove())

const commit = (series: string): Promise<unknown> => place.json(['commit', 'tree', '--name', series])
const kept = (): string[] => fs.readdirSync(place.at('home/cache'))

/** A file in the cache that was used so many days ago. */
function used(daysAgo: number, name: string): string {
  const file = place.write(`home/cache/${name}`, 'rows')
  const at = Date.now() / 1000 - daysAgo * DAY_S
  fs.utimesSync(file, at, at)
  return name
}

const rows = (number: number): string => `files-${number.toString(16).padStart(32, '0')}.db`

// LESSONS: temp files recognised by a part of their name, so that live ones were deleted: whole names only.
test('what was not used for 90 days goes; what was, or is open, or is nobody’s, stays', async () => {
  const gone = [used(91, rows(1)), used(91, `${rows(1)}-wal`)]
  const stays = [used(89, rows(2)), used(200, rows(3)), used(0, `${rows(3)}-wal`), used(200, 'files-notes.db')]
  const before = kept()
  await commit('used')
  expect(kept()).toEqual(expect.arrayContaining(stays))
  expect(before.filter((name) => !kept().includes(name))).toEqual(gone.toSorted())
})

test('the oldest of very many go, and none that was used within a day', async () => {
  for (let number = 100; number < 500; number++) used(number < 300 ? 0.5 : number / 10, rows(number))
  await commit('used')
  const files = kept().filter((name) => /^files-[0-9a-f]{32}\.db$/.test(name))
  expect(files).toHaveLength(256)
  expect(files).toContain(rows(299))
  expect(files).not.toContain(rows(499))
})
