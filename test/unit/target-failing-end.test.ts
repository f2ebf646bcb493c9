// A disk that fails at any step of the end of a restore: that is told as what it is, never as a defect of the program, and once the new
// tree is in place it is told that it is. What is there is whole, before and after the next restore has cleared away what is left.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { StopError, StoreError, UsageError } from '../../src/errors.ts'
import { issuePermit } from '../../src/runtime/permit.ts'
import type * as At from '../../src/runtime/posix/at.ts'
import { PosixError } from '../../src/runtime/posix/posix-error.ts'
import { ContentsStaging } from '../../src/targets/contents-staging.ts'
import { Staging } from '../../src/targets/staging.ts'
import { entriesOf, fill, linesOfFill } from '../support/contents-target.ts'

/** Counts the calls that make names, take them away or flush; one of them fails. */
const disk = vi.hoisted(() => ({ calls: 0, failing: 0, errno: 0 }))
function around<A extends readonly unknown[], R>(name: string, call: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    if (++disk.calls === disk.failing) throw new PosixError(disk.errno, name, 'it')
    return call(...args)
  }
}
vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  return { ...real, fsyncSync: (fd: number) => around('fsync', real.fsyncSync)(fd) }
})
vi.mock('../../src/runtime/posix/at.ts', async (original) => {
  const real = await original<typeof At>()
  const { mkdirAt, rmdirAt, unlinkAt } = real
  return { ...real, mkdirAt: around('mkdirat', mkdirAt), rmdirAt: around('rmdirat', rmdirAt), unlinkAt: around('unlinkat', unlinkAt) }
})

const permit = issuePermit('test', () => true)
let base: string
let target: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cairn-failing-end-'))
  target = join(base, 'target')
})
afterEach(() => {
  disk.failing = 0
  rmSync(base, { recursive: true, force: true })
})

/** The error of a restore over a full target whose step of that number fails; undefined when it had not so many. */
function errorAt(
  begin: typeof Staging.create | typeof ContentsStaging.create,
  treeOf: (name: string) => string,
  step: number,
): Error | undefined {
  rmSync(base, { recursive: true, force: true })
  disk.failing = 0
  mkdirSync(target, { recursive: true })
  fill(target, 'old')
  const staging = begin(target, { replace: true })
  fill(treeOf(staging.name), 'new')
  Object.assign(disk, { calls: 0, failing: step })
  try {
    staging.finish({ permit })
    return undefined
  } catch (error) {
    disk.failing = 0
    staging.abort()
    return error as Error
  }
}

test.each([
  ['the directory is swapped', Staging.create, (name: string) => join(base, name, 'tree')],
  ['the contents are exchanged', ContentsStaging.create, (name: string) => join(target, name, 'tree')],
])('where %s', (_, begin, treeOf) => {
  for (const errno of [constants.errno.ENOSPC, constants.errno.EIO, constants.errno.EACCES]) {
    disk.errno = errno
    let step = 1
    for (let error = errorAt(begin, treeOf, step); error !== undefined; error = errorAt(begin, treeOf, ++step)) {
      const what = `step ${step}: ${error.message}`
      const isIn = existsSync(join(target, 'new-file'))
      expect(
        [StoreError, StopError, UsageError].some((type) => error instanceof type),
        what,
      ).toBe(true)
      expect(/holds the restored tree/.test(error.message), what).toBe(isIn)
      expect(entriesOf(target), what).toEqual(linesOfFill(isIn ? 'new' : 'old'))
      begin(target, { replace: true }).abort()
      expect(entriesOf(target), what).toEqual(linesOfFill(isIn ? 'new' : 'old'))
    }
    expect(step).toBeGreaterThan(5)
    expect(entriesOf(target)).toEqual(linesOfFill('new'))
    expect(readdirSync(base).filter((name) => name.startsWith('.cairn-restore-'))).toEqual([])
  }
})
