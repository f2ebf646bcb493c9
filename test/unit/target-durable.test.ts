// The order in which a restored tree comes to stand: the tree is on the disk before its name, and the name before the restore says so;
// what a power cut would leave between two renames is announced, durably, before the first of them.

import { mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { issuePermit } from '../../src/runtime/permit.ts'
import { ContentsStaging } from '../../src/targets/contents-staging.ts'
import { Staging } from '../../src/targets/staging.ts'

const calls = vi.hoisted(() => [] as string[])

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  const fsyncSync = (fd: number): void => {
    calls.push(`flush ${readlinkSync(`/proc/self/fd/${fd}`)}`)
    real.fsyncSync(fd)
  }
  return { ...real, fsyncSync }
})
vi.mock('../../src/runtime/posix/sync.ts', async (original) => {
  const real = await original<typeof import('../../src/runtime/posix/sync.ts')>()
  const syncFs = (fd: number): void => {
    calls.push('flush all')
    real.syncFs(fd)
  }
  return { ...real, syncFs }
})
vi.mock('../../src/runtime/posix/rename.ts', async (original) => {
  const real = await original<typeof import('../../src/runtime/posix/rename.ts')>()
  const logged =
    <A extends readonly unknown[]>(work: (...args: A) => void) =>
    (...args: A): void => {
      calls.push('swap')
      work(...args)
    }
  return { ...real, renameExchange: logged(real.renameExchange), renameNoReplace: logged(real.renameNoReplace) }
})

let base: string
let target: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cairn-durable-'))
  target = join(base, 'target')
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

test.each([
  ['an absent target', false],
  ['a target that is replaced', true],
])('%s: tree, announcement, swap, name', (_, replace) => {
  if (replace) {
    mkdirSync(target)
    writeFileSync(join(target, 'old'), 'old')
  }
  const staging = Staging.create(target, { replace })
  writeFileSync(join(base, staging.name, 'tree', 'new'), 'new')
  calls.length = 0
  staging.finish(replace ? { permit: issuePermit('test', () => true) } : {})
  const announced = `flush ${join(base, staging.name)}`
  const swapped = calls.indexOf('swap')
  expect(calls[0]).toBe('flush all')
  expect(swapped).toBeGreaterThan(0)
  if (replace) expect(calls.slice(1, swapped)).toContain(announced)
  expect(calls.slice(calls.lastIndexOf('swap') + 1)).toContain(`flush ${base}`)
})

test('contents that are exchanged: tree, announcement, old entries out, announcement, new entries in, target', () => {
  mkdirSync(target)
  writeFileSync(join(target, 'old'), 'old')
  const staging = ContentsStaging.create(target, { replace: true })
  const home = join(target, staging.name)
  writeFileSync(join(home, 'tree', 'new'), 'new')
  calls.length = 0
  const { oldPath } = staging.finish({ permit: issuePermit('test', () => true) })
  const [out, inwards] = [calls.indexOf('swap'), calls.lastIndexOf('swap')]
  expect(calls[0]).toBe('flush all')
  expect(calls.slice(1, out)).toEqual(expect.arrayContaining([`flush ${target}`, `flush ${home}`]))
  const between = calls.slice(out + 1, inwards)
  expect(between.at(-1)).toBe(`flush ${home}`)
  for (const directory of [target, oldPath!])
    expect(between.indexOf(`flush ${directory}`)).toBeLessThan(between.findIndex((call) => call.endsWith('/marker.new')))
  expect(calls.filter((call) => call === 'swap')).toHaveLength(2)
  expect(calls.slice(inwards + 1)).toEqual([`flush ${target}`, `flush ${target}`])
})
