// --exclude-caches and what stands where a tag would: only a file that can be read and says so marks a cache.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const NOBODY = 65534
const isRoot = process.geteuid!() === 0
const place = new CliPlace(isRoot ? NOBODY : undefined)
const TAG = 'Signature: 8a477f597d28d172789f06886806bc55'
beforeAll(() => place.json(['init']), 60_000)
afterAll(() => place.remove())

test.each<readonly [string, (tag: string) => void, boolean]>([
  ['a symlink', (tag) => fs.symlinkSync('real', tag), true],
  ['a FIFO', (tag) => void execFileSync('mkfifo', [tag]), true],
  ['a directory', (tag) => fs.mkdirSync(tag), true],
  ['a file that may not be read', (tag) => fs.writeFileSync(tag, TAG, { mode: 0 }), false],
  ['a file that says something else', (tag) => fs.writeFileSync(tag, TAG.replace('8', '9')), true],
])('%s is no tag: what lies beside it is captured', async (_, make, isReadable) => {
  fs.rmSync(place.at('tree'), { recursive: true, force: true })
  place.write('tree/cache/j', 'j')
  place.write('tree/cache/real', TAG)
  make(place.at('tree/cache/CACHEDIR.TAG'))
  const outcome = await place.json(['commit', 'tree', '--name', 'tree', '--exclude-caches'], { code: isReadable ? 0 : 3 })
  expect(outcome.problems.map(({ path }: { path: string }) => path)).toEqual(isReadable ? [] : ['cache/CACHEDIR.TAG'])
  const { stdout } = await place.run(['ls', 'tree', '-R'])
  expect(stdout).toMatch(isReadable ? /^cache\/\ncache\/CACHEDIR.TAG.*\ncache\/j\ncache\/real\n$/ : /^cache\/\ncache\/j\ncache\/real\n$/)
})
