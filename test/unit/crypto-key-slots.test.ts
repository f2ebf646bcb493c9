import { argon2id as nobleArgon2id } from '@noble/hashes/argon2.js'
import { ml_kem768_x25519 as xWing } from '@noble/post-quantum/hybrid.js'
import { describe, expect, test } from 'vitest'
import { decodeSlot, encodeSlot, type KeySlot } from '../../format/key-slot.ts'
import { encodeKeyring, type Keyring } from '../../format/keyring.ts'
import { createIdentity, identityKeys } from '../../src/repository/crypto/identity.ts'
import { openKeySlot, type UnlockSecret, unwrapKeyring, type WrapMethod, wrapKeyring } from '../../src/repository/crypto/key-slots.ts'
import { keySetOf } from '../../src/repository/crypto/keyset.ts'
import { createRecoveryCode, readRecoveryCode } from '../../src/repository/crypto/recovery.ts'
import { createRepositoryKeys, keysCommitment } from '../../src/repository/crypto/repository-keys.ts'
import { SigningKey } from '../../src/repository/crypto/signing.ts'
import { DecapsulationKey } from '../../src/repository/crypto/x-wing.ts'
import * as oracle from '../support/crypto-oracle.ts'

const repository = Buffer.alloc(32, 4)
const keys = createRepositoryKeys()
const identity = createIdentity()
const member = identity.signing.memberId
const writer: Keyring = { repository, label: 'laptop', write: keys.write }
const owner: Keyring = { ...writer, read: [{ epoch: 0, seed: keys.readSeed }], signing: identity.signingSeed }
const expected = { repository, keysCommitment: keys.keysCommitment, sealing: new Map([[0, keys.sealing]]) }
const QUICK = { memoryKiB: 64, passes: 1, lanes: 1 }
const recoverySecret = Buffer.alloc(20, 6)

const ways: [WrapMethod, UnlockSecret][] = [
  [
    { kind: 'identity', unlock: identity.unlock },
    { kind: 'identity', unlock: new DecapsulationKey(identity.unlockSeed) },
  ],
  [
    { kind: 'passphrase', passphrase: 'correct horse', argon2: QUICK },
    { kind: 'passphrase', passphrase: 'correct horse' },
  ],
  [
    { kind: 'recovery', secret: recoverySecret },
    { kind: 'recovery', secret: recoverySecret },
  ],
]
const wrongWays: Record<UnlockSecret['kind'], [UnlockSecret, string]> = {
  identity: [{ kind: 'identity', unlock: new DecapsulationKey(Buffer.alloc(32, 1)) }, 'wrong-identity'],
  passphrase: [{ kind: 'passphrase', passphrase: 'Correct horse' }, 'wrong-passphrase'],
  recovery: [{ kind: 'recovery', secret: Buffer.alloc(20, 7) }, 'wrong-recovery-code'],
}

/** What an independent implementation takes for the secret of a slot. */
function oracleSecret(slot: KeySlot): Uint8Array {
  const { kdf } = slot
  if (kdf.alg === 'hkdf') return recoverySecret
  if (kdf.alg === 'argon2id') {
    return nobleArgon2id(Buffer.from('correct horse'), kdf.salt, { t: kdf.passes, m: kdf.memoryKiB, p: kdf.lanes, dkLen: 32 })
  }
  return xWing.decapsulate(new Uint8Array(kdf.ciphertext), xWing.keygen(new Uint8Array(identity.unlockSeed)).secretKey)
}

describe.each(ways)('a key slot for %o', (method, secret) => {
  test('opens to the keyring that was wrapped', async () => {
    const bytes = encodeSlot(await wrapKeyring(owner, member, method))
    const { slot, keyring } = await openKeySlot(bytes, expected, secret)
    expect(slot.kind).toBe(method.kind)
    expect(encodeKeyring(keyring)).toEqual(encodeKeyring(owner))
  })

  test('is opened by noble, which wraps one that opens', async () => {
    const slot = await wrapKeyring(owner, member, method)
    const plain = oracle.unwrapSlot(slot, oracleSecret(slot), slot.wrapped)
    expect(plain).toEqual(encodeKeyring(owner))
    const { v: _, wrapped: __, ...fields } = { v: 1, ...slot }
    const { repository: id, label, write } = writer
    const byNoble = oracle.wrapSlot(fields, oracleSecret(slot), { repository: id, label, write })
    expect(decodeSlot(byNoble).kind).toBe(method.kind)
    expect((await openKeySlot(byNoble, expected, secret)).keyring).toMatchObject({ label: 'laptop' })
  })

  test('refuses the wrong secret, without telling it', async () => {
    const bytes = encodeSlot(await wrapKeyring(owner, member, method))
    const [wrong, code] = wrongWays[method.kind]
    const error = await openKeySlot(bytes, expected, wrong).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'KeyError', code })
    expect((error as Error).message).not.toMatch(/horse/i)
    for (const [other, secretOfOther] of ways) {
      if (other.kind === method.kind) continue
      await expect(openKeySlot(bytes, expected, secretOfOther)).rejects.toMatchObject({ name: 'KeyError', code: 'slot-kind' })
    }
  })

  test('refuses every changed field', async () => {
    const slot = await wrapKeyring(owner, member, method)
    const changes: Partial<KeySlot>[] = [
      { id: Buffer.alloc(16) },
      { member: Buffer.alloc(32) },
      { nonce: Buffer.alloc(24) },
      { wrapped: Buffer.concat([slot.wrapped, Buffer.alloc(1)]) },
      { wrapped: slot.wrapped.subarray(1) },
    ]
    for (let at = 0; at < slot.wrapped.length; at += 5) {
      const wrapped = Buffer.from(slot.wrapped)
      wrapped[at] = (wrapped[at] ?? 0) ^ 1
      changes.push({ wrapped })
    }
    for (const change of changes) await expect(unwrapKeyring({ ...slot, ...change }, secret)).rejects.toMatchObject({ name: 'KeyError' })
  })

  test("refuses a slot of another repository, even when the thief says that it is this one's", async () => {
    const foreign: Keyring = { ...writer, repository: Buffer.alloc(32, 5) }
    const slot = await wrapKeyring(foreign, member, method)
    await expect(openKeySlot(encodeSlot(slot), expected, secret)).rejects.toMatchObject({ name: 'IntegrityError', code: 'slot-repository' })
    const relabelled = encodeSlot({ ...slot, repository })
    await expect(openKeySlot(relabelled, expected, secret)).rejects.toMatchObject({ name: 'KeyError' })
  })
})

describe('a slot that somebody else made for a public key', () => {
  const [method, secret] = ways[0] as (typeof ways)[number]
  const openWith = async (keyring: Keyring, by = member): Promise<unknown> =>
    openKeySlot(encodeSlot(await wrapKeyring(keyring, by, method)), expected, secret)

  test('with other write keys', async () => {
    await expect(openWith({ ...owner, write: createRepositoryKeys().write })).rejects.toMatchObject({
      name: 'IntegrityError',
      code: 'slot-keys',
    })
    await expect(openWith({ ...owner, write: { ...keys.write, gear: keys.write.id } })).rejects.toMatchObject({ code: 'slot-keys' })
  })

  test('with another read key', async () => {
    const read = [{ epoch: 0, seed: Buffer.alloc(32, 1) }]
    await expect(openWith({ ...owner, read })).rejects.toMatchObject({ name: 'IntegrityError', code: 'slot-read-key' })
  })

  test('with the signing key of another member', async () => {
    await expect(openWith(owner, Buffer.alloc(32))).rejects.toMatchObject({ name: 'IntegrityError', code: 'slot-member' })
  })

  test('with a keyring of another repository under this slot', async () => {
    const kdf = { alg: 'x-wing' as const, ciphertext: Buffer.from(identity.unlock.encapsulate().ciphertext) }
    const slot = { id: Buffer.alloc(16, 1), repository, member, kind: 'identity', kdf, nonce: Buffer.alloc(24) }
    const shared = new DecapsulationKey(identity.unlockSeed).decapsulate(kdf.ciphertext)
    const bytes = oracle.wrapSlot(slot, shared, { repository: Buffer.alloc(32), label: '', write: keys.write })
    await expect(openKeySlot(bytes, expected, secret)).rejects.toMatchObject({ name: 'IntegrityError', code: 'slot-repository' })
  })
})

// LESSONS: absurd Argon2 parameters from an untrusted file: caps before work.
test.each([
  ['memory', { memoryKiB: 4_000_000, passes: 1, lanes: 1 }],
  ['passes', { memoryKiB: 1_048_576, passes: 1_000_000, lanes: 1 }],
  ['lanes', { memoryKiB: 1_048_576, passes: 1, lanes: 4096 }],
])('absurd Argon2id parameters of an untrusted slot are refused before any work: %s', async (_, parameters) => {
  const slot = await wrapKeyring(writer, member, { kind: 'passphrase', passphrase: 'x', argon2: QUICK })
  const absurd = { ...slot, kdf: { ...slot.kdf, ...parameters } as KeySlot['kdf'] }
  const start = performance.now()
  await expect(openKeySlot(encodeSlot(absurd), expected, { kind: 'passphrase', passphrase: 'x' })).rejects.toMatchObject({
    name: 'FormatError',
  })
  await expect(unwrapKeyring(absurd, { kind: 'passphrase', passphrase: 'x' })).rejects.toMatchObject({ name: 'FormatError' })
  expect(performance.now() - start).toBeLessThan(100)
})

test('a passphrase slot asks for 256 MiB and 3 passes unless told otherwise', async () => {
  const slot = await wrapKeyring(writer, member, { kind: 'passphrase', passphrase: 'x' })
  expect(decodeSlot(encodeSlot(slot)).kdf).toMatchObject({ memoryKiB: 262_144, passes: 3, lanes: 4 })
}, 20_000)

test('slots of one keyring share no id, nonce or salt', async () => {
  const method: WrapMethod = { kind: 'passphrase', passphrase: 'x', argon2: QUICK }
  const [a, b] = [await wrapKeyring(writer, member, method), await wrapKeyring(writer, member, method)]
  expect(Buffer.compare(a.id, b.id)).not.toBe(0)
  expect(Buffer.compare(a.nonce, b.nonce)).not.toBe(0)
  expect(a.kdf).not.toEqual(b.kdf)
})

describe('keys of a repository', () => {
  test('the commitment is that of SPEC §4.1', () => {
    const { id, gear, index, journal } = keys.write
    expect(keys.keysCommitment).toEqual(oracle.H(oracle.D('write-keys'), id, gear, index, journal))
    expect(keysCommitment(keys.write)).toEqual(keys.keysCommitment)
  })

  test('the sealing key is the public half of the read key, and all keys differ', () => {
    expect(keys.sealing).toEqual(Buffer.from(xWing.keygen(new Uint8Array(keys.readSeed)).publicKey))
    const all = [...Object.values(keys.write), keys.readSeed].map((key) => Buffer.from(key).toString('hex'))
    expect(new Set(all).size).toBe(5)
    expect(all.every((key) => key.length === 64)).toBe(true)
  })

  test('a writer has no read key; an owner reads and signs', () => {
    expect(keySetOf(writer)).toEqual({ repository, write: keys.write, keyring: writer })
    const all = keySetOf(owner)
    expect(all.read?.get(0)?.publicKey).toEqual(keys.sealing)
    expect(all.member).toEqual(member)
  })

  test("an identity's own signing key goes before that of the keyring", () => {
    const other = SigningKey.fromSeed(Buffer.alloc(32, 3))
    expect(keySetOf(owner, other).member).toEqual(other.memberId)
  })
})

describe('recovery codes', () => {
  test('round trip, however it is typed', () => {
    const { secret, code } = createRecoveryCode(repository)
    expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){12}[0-9A-HJKMNP-TV-Z]{4}$/)
    const typed = code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')
    expect(readRecoveryCode(typed)).toEqual({ secret, repository8: repository.subarray(0, 8) })
  })

  test('the check of a code is that of SPEC §5.4', () => {
    const { secret, code } = createRecoveryCode(repository)
    const payload = oracle.cat(oracle.u8(1), secret, repository.subarray(0, 8))
    const bits = Array.from(code.replaceAll('-', ''))
      .map((symbol) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(symbol).toString(2).padStart(5, '0'))
      .join('')
    const bytes = Buffer.from((bits.slice(0, 256).match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
    expect(bytes).toEqual(oracle.cat(payload, oracle.H(oracle.D('recovery-code'), payload).subarray(0, 3)))
  })

  test('a code with one wrong symbol is refused, and never quoted', () => {
    const { code } = createRecoveryCode(repository)
    const wrong = code.startsWith('0') ? `1${code.slice(1)}` : `0${code.slice(1)}`
    expect(() => readRecoveryCode(wrong)).toThrow(expect.objectContaining({ name: 'KeyError' }))
    expect(() => readRecoveryCode('too short')).toThrow(
      expect.objectContaining({ name: 'KeyError', message: expect.not.stringContaining('short') }),
    )
  })
})

describe('identities', () => {
  const file = {
    repository,
    member,
    slot: Buffer.alloc(16),
    label: 'me',
    signingSeed: identity.signingSeed,
    unlockSeed: identity.unlockSeed,
  }

  test('the keys of a file are those it was made with', () => {
    const { signing, unlock } = identityKeys(file)
    expect(signing.publicKey).toEqual(identity.signing.publicKey)
    expect(unlock.publicKey).toEqual(identity.unlock.bytes)
  })

  test('a file that names another member is refused', () => {
    expect(() => identityKeys({ ...file, member: Buffer.alloc(32) })).toThrow(
      expect.objectContaining({ name: 'KeyError', code: 'identity-member' }),
    )
  })
})
