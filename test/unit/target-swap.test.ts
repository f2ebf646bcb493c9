// Swaps that the file system refuses: what it answers is made up here, where no such file system is at hand.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { issuePermit } from '../../src/runtime/permit.ts'
import { PosixError, UnsupportedError } from '../../src/runtime/posix/posix-error.ts'
import * as posixRename from '../../src/runtime/posix/rename.ts'
import * as sync from '../../src/runtime/posix/sync.ts'
import * as renaming from '../../src/targets/rename-over.ts'
import { Staging } from '../../src/targets/staging.ts'

vi.mock(import('../../src/runtime/posix/rename.ts'), { spy: true })
vi.mock(import('../../src/runtime/posix/sync.ts'), { spy: true })
vi.mock(import('../../src/targets/rename-over.ts'), { spy: true })

let base: string
let target: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cairn-swap-'))
  target = join(base, 'target')
})

afterEach(() => {
  vi.resetAllMocks()
  rmSync(base, { recursive: true, force: true })
})

const permit = issuePermit('test', () => true)
const NO_EXCHANGE = new UnsupportedError('renameat2', 'no exchange here')

function refuse(call: 'renameExchange' | 'renameNoReplace', error: Error): void {
  const calls = { renameExchange: posixRename.renameExchange, renameNoReplace: posixRename.renameNoReplace }
  vi.mocked(calls[call]).mockImplementation(() => {
    throw error
  })
}

function replacing(): Staging {
  mkdirSync(target)
  writeFileSync(join(target, 'old'), 'old')
  const staging = Staging.create(target, { replace: true })
  writeFileSync(join(base, staging.name, 'tree', 'new'), 'new')
  return staging
}

function codeOf(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('a file system without exchange', () => {
  test('is a STOP', () => {
    refuse('renameExchange', NO_EXCHANGE)
    const staging = replacing()
    expect(codeOf(() => staging.finish({ permit }))).toBe('no-atomic-swap')
    staging.abort()
    expect(readdirSync(base)).toEqual(['target'])
    expect(readdirSync(target)).toEqual(['old'])
  })
  test('renames twice where that is allowed', () => {
    refuse('renameExchange', NO_EXCHANGE)
    const { oldPath } = replacing().finish({ permit, allowTwoRenames: true })
    expect(readdirSync(target)).toEqual(['new'])
    expect(readdirSync(oldPath!)).toEqual(['old'])
    expect(readdirSync(base)).toHaveLength(2)
  })
  test('takes the first of two renames back when the second fails', async () => {
    refuse('renameExchange', NO_EXCHANGE)
    const staging = replacing()
    const { renameOver } = await vi.importActual<typeof renaming>('../../src/targets/rename-over.ts')
    let calls = 0
    vi.mocked(renaming.renameOver).mockImplementation((fromFd, from, toFd, to) => {
      if (from === 'tree' && calls++ === 0) throw new PosixError(constants.errno.EACCES, 'rename', to)
      renameOver(fromFd, from, toFd, to)
    })
    expect(codeOf(() => staging.finish({ permit, allowTwoRenames: true }))).toBe('target-access')
    staging.abort()
    expect(readdirSync(base)).toEqual(['target'])
    expect(readdirSync(target)).toEqual(['old'])
  })
})

describe('other refusals', () => {
  test('no rename without replacing: an absent target still appears', () => {
    refuse('renameNoReplace', new UnsupportedError('renameat2', 'not here'))
    const staging = Staging.create(target)
    writeFileSync(join(base, staging.name, 'tree', 'new'), 'new')
    staging.finish()
    expect(readdirSync(target)).toEqual(['new'])
  })
  test.runIf(process.geteuid!() === 0)('a place that this user may not use is no failure of a store', () => {
    mkdirSync(join(base, 'closed'), { mode: 0o700 })
    chmodSync(base, 0o755)
    process.seteuid!(65_534)
    try {
      for (const place of [join(base, 'closed', 'target'), target]) {
        expect(() => Staging.create(place)).toThrow(
          expect.objectContaining({ name: 'UsageError', code: 'target-access', hint: expect.stringContaining('may write') }),
        )
      }
    } finally {
      process.seteuid!(0)
    }
  })
  test('a second old tree of the same second bears the name of its target, too', () => {
    vi.setSystemTime(new Date('2026-11-20T10:00:00Z'))
    try {
      const olds = [1, 2].map(() => {
        rmSync(target, { recursive: true, force: true })
        return basename(replacing().finish({ permit }).oldPath!)
      })
      expect(olds[0]).toBe('target.cairn-old-20261120T100000Z')
      expect(olds[1]).toMatch(/^target\.cairn-old-20261120T100000Z-[0-9a-f]{16}$/)
    } finally {
      vi.useRealTimers()
    }
  })
  test('a busy target is a mount point', () => {
    refuse('renameExchange', new PosixError(constants.errno.EBUSY, 'renameat2', 'target'))
    const staging = replacing()
    expect(codeOf(() => staging.finish({ permit }))).toBe('mount-point')
    staging.abort()
  })
  test('an old tree that cannot be named is not removed with the staging directory', () => {
    const staging = replacing()
    refuse('renameNoReplace', new PosixError(constants.errno.ENOSPC, 'renameat2', 'old'))
    expect(codeOf(() => staging.finish({ permit }))).toBe('target-old-tree')
    expect(codeOf(() => staging.abort())).toBe('staging-unknown')
    expect(readdirSync(target)).toEqual(['new'])
    vi.resetAllMocks()
    Staging.create(target, { replace: true }).abort()
    const [old] = readdirSync(base).filter((name) => name !== 'target')
    expect(old).toMatch(/cairn-old/)
    expect(readdirSync(join(base, old!))).toEqual(['old'])
  })
  test('a disk that fails while the tree is made durable: nothing is put into place', () => {
    const staging = replacing()
    vi.mocked(sync.syncFs).mockImplementation(() => {
      throw new PosixError(constants.errno.EIO, 'syncfs')
    })
    expect(codeOf(() => staging.finish({ permit }))).toBe('target-io')
    staging.abort()
    expect(readdirSync(target)).toEqual(['old'])
  })
  test.runIf(process.geteuid!() === 0)('an overlay, whose lower directories cannot be moved, is a STOP', () => {
    for (const name of ['lower/target', 'upper', 'work', 'merged']) mkdirSync(join(base, name), { recursive: true })
    writeFileSync(join(base, 'lower/target/old'), 'old')
    const merged = join(base, 'merged')
    const layers = `lowerdir=${base}/lower,upperdir=${base}/upper,workdir=${base}/work`
    if (!mounted(['-t', 'overlay', '-o', `${layers},redirect_dir=nofollow`, 'none', merged])) return
    try {
      const staging = Staging.create(join(merged, 'target'), { replace: true })
      expect(codeOf(() => staging.finish({ permit }))).toBe('no-atomic-swap')
      staging.abort()
      expect(readdirSync(merged)).toEqual(['target'])
    } finally {
      execFileSync('umount', [merged])
    }
  })
})

function mounted(options: readonly string[]): boolean {
  try {
    execFileSync('mount', options, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
