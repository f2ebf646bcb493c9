// A target that cannot be looked at, an identity that cannot be read: told as what they are, before anything is done.

import fs from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { readIdentity } from '../../src/control/session/identities.ts'
import { inspectTarget } from '../../src/targets/target-state.ts'
import { asOrdinaryUser } from '../support/ordinary-user.ts'
import { scratch } from '../support/scratch.ts'

const { at } = scratch()
const EUCLEAN = 117

afterEach(() => {
  vi.restoreAllMocks()
})

test.each([
  ['it', 'parent/target', 0o000],
  ['what it lies in', 'parent', 0o400],
])('a target is no defect where this user may not look into %s', async (_, closed, mode) => {
  const place = at(closed.replace('/', '-'))
  fs.mkdirSync(`${place}/parent/target`, { recursive: true })
  fs.chmodSync(at(), 0o755)
  await asOrdinaryUser([place, `${place}/parent`, `${place}/parent/target`], async () => {
    fs.chmodSync(`${place}/${closed}`, mode)
    const refusal = expect.objectContaining({ name: 'UsageError', code: 'target-access' })
    expect(() => inspectTarget(`${place}/parent/target`)).toThrow(refusal)
    fs.chmodSync(`${place}/${closed}`, 0o700)
  })
})

test('an identity on a medium that fails is told with what the system says', () => {
  fs.writeFileSync(at('identity'), '{}', { mode: 0o600 })
  vi.spyOn(fs, 'readSync').mockImplementation(() => {
    const code = `Unknown system error -${EUCLEAN}`
    throw Object.assign(new Error(`${code}: ${code}, read`), { code, errno: -EUCLEAN, syscall: 'read' })
  })
  const told = { name: 'KeyError', code: 'identity-unreadable', message: expect.stringContaining('EUCLEAN') }
  expect(() => readIdentity(at('identity'))).toThrow(expect.objectContaining(told))
})
