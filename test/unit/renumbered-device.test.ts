// A disk that is mounted again, as after a power failure, may have another device number: what a killed restore left on it is still
// known, brought to its end or cleared away.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { issuePermit } from '../../src/runtime/permit.ts'
import { PosixError } from '../../src/runtime/posix/posix-error.ts'
import * as renaming from '../../src/runtime/posix/rename.ts'
import { ContentsStaging } from '../../src/targets/contents-staging.ts'
import { Staging } from '../../src/targets/staging.ts'
import { entriesOf, fill, linesOfFill, stagingsIn } from '../support/contents-target.ts'

vi.mock(import('../../src/runtime/posix/rename.ts'), { spy: true })
const actual = await vi.importActual<typeof renaming>('../../src/runtime/posix/rename.ts')
const permit = issuePermit('test', () => true)

let base: string
let target: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cairn-renumbered-'))
  target = join(base, 'target')
  mkdirSync(target)
  fill(target, 'old')
})
afterEach(() => {
  vi.resetAllMocks()
  rmSync(base, { recursive: true, force: true })
})

/** As if all that a marker tells of lay on a device of another number when it was written. */
function renumber(staging: string): void {
  const marker = join(staging, 'marker')
  const { tree, old, ...rest } = JSON.parse(readFileSync(marker, 'utf8')) as Record<string, { device: number } | undefined>
  const moved = [tree, old].map((each) => each && { ...each, device: each.device + 1 })
  writeFileSync(marker, JSON.stringify({ ...rest, tree: moved[0], old: moved[1] }))
}

test.each([
  ['back: old entries were on their way out', 2, 'old'],
  ['in: new entries were', linesOfFill('old').length, 'new'],
])('an exchange that stopped in the middle goes %s', (_, call, end) => {
  const staging = ContentsStaging.create(target, { replace: true })
  fill(join(target, staging.name, 'tree'), 'new')
  let calls = 0
  vi.mocked(renaming.renameNoReplace).mockImplementation((...args) => {
    if (++calls >= call) throw new PosixError(constants.errno.EPERM, 'renameat2', args[3])
    actual.renameNoReplace(...args)
  })
  expect(() => staging.finish({ permit })).toThrow(expect.objectContaining({ code: 'half-replaced' }))
  staging.abort()
  vi.resetAllMocks()
  renumber(join(target, staging.name))
  ContentsStaging.create(target, { replace: true }).abort()
  expect([entriesOf(target), stagingsIn(target)]).toEqual([linesOfFill(end), []])
})

test.each(['writing', 'swapping'])('a tree that was not put into place (%s) is removed, and not taken for the old one', (state) => {
  const killed = Staging.create(target, { replace: true })
  const left = join(base, killed.name)
  fill(join(left, 'tree'), 'new')
  const text = readFileSync(join(left, 'marker'), 'utf8')
  // Another file is not locked: its restore has ended.
  rmSync(join(left, 'marker'))
  writeFileSync(join(left, 'marker'), text.replace('"writing"', `"${state}"`))
  renumber(left)
  Staging.create(target, { replace: true }).abort()
  expect([readdirSync(base), entriesOf(target)]).toEqual([['target'], linesOfFill('old')])
})
