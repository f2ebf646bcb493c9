// Targets that their owner, who is not root, may not write: to move a directory elsewhere takes that.

import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { issuePermit } from '../../src/runtime/permit.ts'
import { PosixError, UnsupportedError } from '../../src/runtime/posix/posix-error.ts'
import * as renaming from '../../src/runtime/posix/rename.ts'
import { Staging } from '../../src/targets/staging.ts'
import { asOrdinaryUser } from '../support/ordinary-user.ts'

vi.mock(import('../../src/runtime/posix/rename.ts'), { spy: true })

const permit = issuePermit('test', () => true)
const LOCKED = 0o555

let base: string
let target: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cairn-locked-'))
  target = join(base, 'target')
  mkdirSync(target)
  writeFileSync(join(target, 'old'), 'old')
  chmodSync(target, LOCKED)
})
afterEach(() => {
  vi.resetAllMocks()
  for (const name of readdirSync(base)) chmodSync(join(base, name), 0o700)
  rmSync(base, { recursive: true })
})

const replacing = (): Staging => Staging.create(target, { replace: true })
const asOwner = (work: () => void): Promise<void> => asOrdinaryUser([base, target], async () => work())

/** What lies where, and whether its owner may write it. */
function found(): string[] {
  const facts = (name: string): string =>
    `${name.replace(/\d{8}T\d{6}Z/, 'THEN')} ${(statSync(join(base, name)).mode & 0o7777).toString(8)} ${readdirSync(join(base, name)).join()}`
  return readdirSync(base).sort().map(facts)
}
function refuse(error: Error): void {
  vi.mocked(renaming.renameExchange).mockImplementation(() => {
    throw error
  })
}

describe('a target that its owner may not write', () => {
  test('is replaced, and the old tree has its mode again', async () => {
    await asOwner(() => void replacing().finish({ permit }))
    expect(found()).toEqual(['target 700 ', 'target.cairn-old-THEN 555 old'])
  })
  test('is replaced by two renames', async () => {
    refuse(new UnsupportedError('renameat2', 'no exchange here'))
    await asOwner(() => void replacing().finish({ permit, allowTwoRenames: true }))
    expect(found()).toEqual(['target 700 ', 'target.cairn-old-THEN 555 old'])
  })
  test('has its mode again after a failure', async () => {
    refuse(new PosixError(constants.errno.EACCES, 'renameat2', 'target'))
    await asOwner(() => {
      const staging = replacing()
      expect(() => staging.finish({ permit })).toThrow(expect.objectContaining({ code: 'target-access' }))
      staging.abort()
    })
    expect(found()).toEqual(['target 555 old'])
  })
  test('is moved out by the next restore, when it could not be named', async () => {
    await asOwner(() => {
      const staging = replacing()
      vi.mocked(renaming.renameNoReplace).mockImplementationOnce(() => {
        throw new PosixError(constants.errno.ENOSPC, 'renameat2', 'old')
      })
      expect(() => staging.finish({ permit })).toThrow(expect.objectContaining({ code: 'target-old-tree' }))
      expect(() => staging.abort()).toThrow(expect.objectContaining({ code: 'staging-unknown' }))
      replacing().abort()
    })
    expect(found()).toEqual(['target 700 ', 'target.cairn-old-THEN 555 old'])
  })
})

test.runIf(process.geteuid!() === 0)('a target of another owner is left as it is, and it is said what it takes', async () => {
  await asOrdinaryUser([base], async () => {
    const staging = replacing()
    expect(() => staging.finish({ permit })).toThrow(
      expect.objectContaining({ code: 'target-access', hint: expect.stringContaining('that is to be replaced must be one, too') }),
    )
    staging.abort()
  })
  expect(found()).toEqual(['target 555 old'])
})

test.runIf(process.geteuid!() === 0)('setgid of a group that its owner is not in stays: to put it back would be root’s', async () => {
  chownSync(target, 65_534, 12_345)
  chmodSync(target, 0o2555)
  await asOrdinaryUser([base], async () => {
    const staging = replacing()
    expect(() => staging.finish({ permit })).toThrow(expect.objectContaining({ code: 'target-access' }))
    staging.abort()
  })
  expect(found()).toEqual(['target 2555 old'])
})
