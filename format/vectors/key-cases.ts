import { createHash } from 'node:crypto'
import type { CborValue } from '../cbor.ts'
import { type Argon2idKdf, encodeSlot, type KeySlot } from '../key-slot.ts'
import { encodeKeyring } from '../keyring.ts'
import { encodeLease } from '../lease.ts'
import { encodeRecoveryCode } from '../recovery-code.ts'
import { accept, acceptBytes, edit, fill, reject, type Vector } from './vector.ts'

const argon2id: Argon2idKdf = { alg: 'argon2id', salt: fill(16, 7), memoryKiB: 262_144, passes: 3, lanes: 4 }
const slot: KeySlot = {
  id: fill(16, 1),
  repository: fill(32, 2),
  member: fill(32, 3),
  kind: 'passphrase',
  kdf: argon2id,
  nonce: fill(24, 4),
  wrapped: fill(200, 5),
}
const identity: KeySlot = { ...slot, kind: 'identity', kdf: { alg: 'x-wing', ciphertext: fill(1120, 6) } }
const encoded = encodeSlot(slot)

function bad(error: string, name: string, description: string, path: readonly string[], value: CborValue | undefined): Vector {
  return reject('key-slot', error, name, description, edit(encoded, path, value))
}

const slotCases: readonly Vector[] = [
  accept('key-slot', 'passphrase', 'a passphrase slot', slot),
  accept('key-slot', 'identity', 'an identity slot', identity),
  accept('key-slot', 'recovery', 'a recovery slot', { ...slot, kind: 'recovery', kdf: { alg: 'hkdf' } }),
  accept('key-slot', 'argon2-most', 'Argon2id at its limits', {
    ...slot,
    kdf: { ...argon2id, memoryKiB: 1_048_576, passes: 16, lanes: 16 },
  }),
  accept('key-slot', 'argon2-least', 'the least Argon2id', { ...slot, kdf: { ...argon2id, memoryKiB: 8, passes: 1, lanes: 1 } }),
  bad('slot-version', 'version', 'version 2', ['v'], 2),
  bad('slot-kind', 'kind', 'a kind that does not exist', ['kind'], 'yubikey'),
  bad('slot-kdf-kind', 'kdf-kind', 'a passphrase slot without Argon2id', ['kdf'], { alg: 'hkdf' }),
  bad('slot-kdf-alg', 'kdf-alg', 'a key derivation that does not exist', ['kdf', 'alg'], 'scrypt'),
  bad('slot-kdf-unknown-key', 'kdf-key', 'a key that Argon2id has not', ['kdf', 'version'], 19),
  bad('slot-kdf-missing-key', 'kdf-salt-missing', 'Argon2id without a salt', ['kdf', 'salt'], undefined),
  bad('slot-kdf-salt', 'salt', 'a salt of 15 bytes', ['kdf', 'salt'], fill(15, 7)),
  bad('slot-argon2-lanes', 'lanes-0', 'no lanes', ['kdf', 'lanes'], 0),
  bad('slot-argon2-lanes', 'lanes-17', '17 lanes', ['kdf', 'lanes'], 17),
  bad('slot-argon2-passes', 'passes-0', 'no passes', ['kdf', 'passes'], 0),
  bad('slot-argon2-passes', 'passes-17', '17 passes', ['kdf', 'passes'], 17),
  bad('slot-argon2-memory', 'memory-low', 'less than 8 KiB a lane', ['kdf', 'memoryKiB'], 31),
  bad('slot-argon2-memory', 'memory-high', '1 GiB and 1 KiB', ['kdf', 'memoryKiB'], 1_048_577),
  bad('slot-id', 'id', 'an id of 15 bytes', ['id'], fill(15, 1)),
  bad('slot-nonce', 'nonce', 'a nonce of 12 bytes', ['nonce'], fill(12, 4)),
  bad('slot-wrapped', 'wrapped', 'a tag and nothing else', ['wrapped'], fill(16, 5)),
  bad('slot-unknown-key', 'unknown-key', 'a label in the clear', ['label'], 'laptop'),
  bad('slot-check', 'rotten', 'a wrapped keyring with one other byte', ['wrapped'], Buffer.concat([fill(199, 5), fill(1, 6)])),
  bad('slot-missing-key', 'check-missing', 'no checksum', ['check'], undefined),
  reject(
    'key-slot',
    'slot-kdf-ciphertext',
    'ciphertext',
    'a ciphertext of 1,119 bytes',
    edit(encodeSlot(identity), ['kdf', 'ciphertext'], fill(1119, 6)),
  ),
]

const write = { id: fill(32, 1), gear: fill(32, 2), index: fill(32, 3), journal: fill(32, 4) }
const keyring = { repository: fill(32, 9), label: 'alice', write }
const read = [
  { epoch: 1, seed: fill(32, 5) },
  { epoch: 2, seed: fill(32, 6) },
]
const encodedKeyring = encodeKeyring({ ...keyring, read })

function badKeyring(error: string, name: string, description: string, path: readonly string[], value: CborValue | undefined): Vector {
  return reject('keyring', error, name, description, edit(encodedKeyring, path, value))
}

const keyringCases: readonly Vector[] = [
  accept('keyring', 'writer', 'a writer, who cannot read', keyring),
  accept('keyring', 'owner', 'two epochs and a signing seed', { ...keyring, read, signing: fill(32, 7) }),
  badKeyring('keyring-missing-key', 'missing-key', 'no label', ['label'], undefined),
  badKeyring('keyring-unknown-key', 'unknown-key', 'a key that no field has', ['admin'], fill(32, 1)),
  badKeyring('keyring-repository', 'repository', 'a repository id of 31 bytes', ['repository'], fill(31, 9)),
  badKeyring('keyring-write-gear', 'gear', 'a gear key of 31 bytes', ['write', 'gear'], fill(31, 2)),
  badKeyring('keyring-write-missing-key', 'no-journal', 'no journal key', ['write', 'journal'], undefined),
  badKeyring('keyring-write-unknown-key', 'write-key', 'a fifth write key', ['write', 'other'], fill(32, 8)),
  badKeyring('keyring-read', 'read-empty', 'an empty list of read keys', ['read'], []),
  badKeyring('keyring-read', 'read-seed', 'a seed of 64 bytes', ['read'], [[1, fill(64, 5)]]),
  badKeyring('keyring-read', 'read-form', 'an epoch without a seed', ['read'], [[1]]),
  badKeyring(
    'keyring-epoch-order',
    'epoch-order',
    'epochs that descend',
    ['read'],
    [
      [2, fill(32, 5)],
      [1, fill(32, 6)],
    ],
  ),
  badKeyring(
    'keyring-epoch-order',
    'epoch-twice',
    'an epoch twice',
    ['read'],
    [
      [1, fill(32, 5)],
      [1, fill(32, 6)],
    ],
  ),
  badKeyring('keyring-signing', 'signing', 'a signing key of 64 bytes', ['signing'], fill(64, 7)),
]

const lease = { repository: fill(32, 1), operation: fill(16, 2), renewal: 3, member: fill(32, 4), sequence: 5, time: 6, ttlMs: 900_000 }
const encodedLease = encodeLease(lease)

function badLease(error: string, name: string, description: string, key: string, value: CborValue | undefined): Vector {
  return reject('lease', error, name, description, edit(encodedLease, [key], value))
}

const leaseCases: readonly Vector[] = [
  accept('lease', 'plain', 'a lease that was renewed three times', lease),
  badLease('lease-version', 'version', 'version 2', 'v', 2),
  badLease('lease-missing-key', 'missing-key', 'no time to live', 'ttlMs', undefined),
  badLease('lease-unknown-key', 'unknown-key', 'a key that no field has', 'host', 'laptop'),
  badLease('lease-operation', 'operation', 'an operation id of 32 bytes', 'operation', fill(32, 2)),
  badLease('lease-renewal', 'renewal', 'a negative renewal', 'renewal', -1),
  badLease('lease-ttl-ms', 'ttl', 'a time to live that is a text', 'ttlMs', '15m'),
]

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const code = { secret: Buffer.from(Array.from({ length: 20 }, (_, i) => i * 7)), repository8: fill(8, 0xf0) }
const text = encodeRecoveryCode(code, sha256)

function badCode(error: string, name: string, description: string, typed: string): Vector {
  return reject('recovery-code', error, name, description, Buffer.from(typed))
}

const recoveryCases: readonly Vector[] = [
  accept('recovery-code', 'plain', 'a recovery code', code),
  acceptBytes(
    'recovery-code',
    'ones',
    'a code of the largest secret',
    Buffer.from(encodeRecoveryCode({ secret: fill(20, 0xff), repository8: fill(8, 0xff) }, sha256)),
  ),
  badCode('recovery-code-length', 'short', 'one symbol is missing', text.slice(0, -1)),
  badCode('recovery-code-length', 'long', 'one symbol too many', `${text}0`),
  badCode('recovery-code-symbol', 'symbol', 'a U, which the alphabet has not', `U${text.slice(1)}`),
  badCode('recovery-code-padding', 'padding', 'a last symbol with padding that is not zero', `${text.slice(0, -1)}1`),
  badCode('recovery-code-check', 'check', 'a wrong symbol', text.replace('0', '1')),
  badCode('recovery-code-version', 'version', 'version 2', versionTwo()),
]

/** The code of the payload with version 2, made by the rule of SPEC §5.4 alone. */
function versionTwo(): string {
  const payload = Buffer.concat([Buffer.of(2), code.secret, code.repository8])
  const check = sha256(Buffer.concat([Buffer.from('cairn/v1/recovery-code\0'), payload])).subarray(0, 3)
  let number = BigInt(`0x${Buffer.concat([payload, check]).toString('hex')}`) << 4n
  let symbols = ''
  for (let i = 0; i < 52; i += 1) {
    symbols = `${'0123456789ABCDEFGHJKMNPQRSTVWXYZ'.charAt(Number(number & 31n))}${symbols}`
    number >>= 5n
  }
  return (symbols.match(/.{4}/g) ?? []).join('-')
}

/** Key slots, keyrings, leases and recovery codes. SPEC §5.2-§5.5 */
export const keyCases: readonly Vector[] = [...slotCases, ...keyringCases, ...leaseCases, ...recoveryCases]
