// Key slots, keyrings, leases, and the small JSON files.

import { fc } from '@fast-check/vitest'
import { bytes, id, int, plain, text, u32, uint } from './basic.ts'
import { features } from './journal.ts'

const slotBase = { id: bytes(16), repository: id, member: id, nonce: bytes(24), wrapped: fc.integer({ min: 17, max: 200 }).chain(bytes) }
const argon2id = fc.record({
  alg: fc.constant('argon2id'),
  salt: bytes(16),
  memoryKiB: fc.integer({ min: 128, max: 1_048_576 }),
  passes: fc.integer({ min: 1, max: 16 }),
  lanes: fc.integer({ min: 1, max: 16 }),
})
const seeds = fc
  .uniqueArray(u32, { minLength: 1, maxLength: 3 })
  .chain((epochs) => fc.tuple(...epochs.sort((a, b) => a - b).map((epoch) => fc.record({ epoch: fc.constant(epoch), seed: id }))))

function slot(kind: string, kdf: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.record({ ...slotBase, kind: fc.constant(kind), kdf })
}

const write = fc.record({ id, gear: id, index: id, journal: id })
const xWing = fc.record({ alg: fc.constant('x-wing'), ciphertext: bytes(1120) })

export const keySamples = {
  lease: plain(fc.record({ repository: id, operation: bytes(16), renewal: uint, member: id, sequence: uint, time: int, ttlMs: uint })),
  'key-slot': plain(fc.oneof(slot('identity', xWing), slot('passphrase', argon2id), slot('recovery', fc.constant({ alg: 'hkdf' })))),
  keyring: plain(
    fc.record({ repository: id, label: text, write, read: seeds, signing: id }, { requiredKeys: ['repository', 'label', 'write'] }),
  ),
  'recovery-code': plain(fc.record({ secret: bytes(20), repository8: bytes(8) })),
  'repository-json': plain(fc.record({ version: fc.constant(1), repository: id, features })),
  'identity-file': plain(fc.record({ repository: id, member: id, slot: bytes(16), label: text, signingSeed: id, unlockSeed: id })),
}
