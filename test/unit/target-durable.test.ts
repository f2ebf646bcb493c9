// The order in which a restored tree comes to stand: the tree is on the disk before its name, and the name before the restore says so;
// what a power cut would leave between two renames is announced, durably, before the first of them.

import { mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { issuePermit } from '../../src/runtime/permit.ts'
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
