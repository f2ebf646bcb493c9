// The order in which a restored tree comes to stand: the tree is on the disk before its name, and the name before the restore says so;
// what a power cut would leave between two renames is announced, durably, before the first of them.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { issuePermit } from '../../src/runtime/permit.ts'
import { ContentsStaging } from '../../src/targets/contents-staging.ts'
import { Staging } from '../../src/targets/staging.ts'

const calls = vi.hoisted(() => [] as string[])
let broken: (path: string) => boolean = () => false

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  const fsyncSync = (fd: number): void => {
    const path = readlinkSync(`/proc/self/fd/${fd}`)
    calls.push(`flush ${path}`)
    if (broken(path)) throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' })
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
afterEach(() => {
  broken = () => false
  rmSync(base, { recursive: true, force: true })
})

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
  const flushed = between.slice(
    0,
    between.findIndex((call) => call.endsWith('/marker.new')),
  )
  expect(flushed).toEqual(expect.arrayContaining([`flush ${target}`, `flush ${oldPath!}`]))
  expect(calls.filter((call) => call === 'swap')).toHaveLength(2)
  expect(calls.slice(inwards + 1)).toEqual([`flush ${target}`, `flush ${target}`])
})

test('contents that were exchanged and cannot be flushed: the marker stays for the next exchange, and nothing is moved back', () => {
  mkdirSync(target)
  writeFileSync(join(target, 'old'), 'old')
  const staging = ContentsStaging.create(target, { replace: true })
  writeFileSync(join(target, staging.name, 'tree', 'new'), 'new')
  broken = (path) => path === target && existsSync(join(target, 'new'))
  expect(() => staging.finish({ permit: issuePermit('test', () => true) })).toThrow(expect.objectContaining({ code: 'target-io' }))
  staging.abort()
  expect(readdirSync(join(target, staging.name))).toEqual(['marker', 'tree'])
  broken = () => false
  ContentsStaging.create(target, { replace: true }).abort()
  expect(readdirSync(target).map((name) => name.replace(/\d.*/, 'THEN'))).toEqual(['.cairn-old-THEN', 'new'])
})
