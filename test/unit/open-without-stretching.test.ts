// Who has an identity does not pay for a passphrase that the repository has, too: no key is stretched, which takes a second and 256 MiB.

import { expect, test, vi } from 'vitest'
import type { IdentityFile } from '../../format/identity-file.ts'
import { init } from '../../src/operations/init/init.ts'
import { openRepository } from '../../src/repository/open.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { MemoryOfPins, openAs } from '../support/repository.ts'

const stretched = vi.hoisted(() => ({ count: 0 }))
vi.mock('../../src/repository/crypto/argon2.ts', async (original) => {
  const real = await original<typeof import('../../src/repository/crypto/argon2.ts')>()
  const argon2id: typeof real.argon2id = (...args) => {
    stretched.count++
    return real.argon2id(...args)
  }
  return { ...real, argon2id }
})

test('a repository with a passphrase is opened by an identity without stretching a key', async () => {
  const store = new MemoryStore()
  const passphrase = 'correct horse battery staple'
  let identity: IdentityFile
  await init(store, { name: 'test', label: 'owner', passphrase, keepIdentity: async (made) => void (identity = made) })
  expect(stretched.count).toBe(1)
  await openAs(store, { identity: identity!, recoveryCode: '', memory: new MemoryOfPins() })
  expect(stretched.count).toBe(1)
  await openRepository({ store, unlock: async () => ({ kind: 'passphrase', passphrase }), memory: new MemoryOfPins() })
  expect(stretched.count).toBe(2)
})
