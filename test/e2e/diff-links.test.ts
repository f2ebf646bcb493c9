// Hard links in comparisons: which names are one file counts like other metadata, also when every byte and every time is the same.

import fs from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
beforeAll(() => place.json(['init']), 60_000)
afterAll(() => place.remove())

/** One file of three names, in two directories, one of two names, and one alone. */
beforeEach(async () => {
  place.write('tree/a/one', 'content')
  place.write('tree/a/two', 'content')
  place.write('tree/b/alone', 'content')
  link('a/one', 'a/one again')
  link('a/one', 'b/one')
  link('a/two', 'b/two')
  for (const name of ['a/one', 'a/two', 'b/alone']) fs.utimesSync(place.at('tree', name), 1, 1)
  await place.json(['commit', 'tree', '--name', 'tree'])
})
afterEach(() => fs.rmSync(place.at('tree'), { recursive: true }))

function link(from: string, to: string): void {
  fs.rmSync(place.at('tree', to), { force: true })
  fs.linkSync(place.at('tree', from), place.at('tree', to))
}

/** Makes a name a file of its own, equal in all else. */
function breakApart(name: string): void {
  fs.copyFileSync(place.at('tree', name), place.at('copy'))
  const { atime, mtime } = fs.statSync(place.at('tree', name))
  fs.utimesSync(place.at('copy'), atime, mtime)
  fs.renameSync(place.at('copy'), place.at('tree', name))
}

const changes = async (): Promise<string> => (await place.run(['diff', 'tree', './tree'])).stdout

test('a restore with all its links is no difference, nor is a link from outside', async () => {
  await place.json(['restore', 'tree', '--to', 'back'])
  fs.linkSync(place.at('back/b/alone'), place.at('outside'))
  expect(await place.run(['diff', 'tree', './back'])).toMatchObject({ stdout: '', stderr: 'No difference.\n' })
  fs.rmSync(place.at('back'), { recursive: true })
  fs.rmSync(place.at('outside'))
})

test('a name that was broken apart is told, and one that was linked to another file', async () => {
  breakApart('b/one')
  expect(await changes()).toBe('m b/one  (links)\n')
  link('b/two', 'b/alone')
  expect(await changes()).toBe('m b/alone  (links)\nm b/one  (links)\n')
})
