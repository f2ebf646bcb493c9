// Key slots (SPEC §5.3): the keyring, wrapped for an identity file, a passphrase or a recovery code, and opened again.

import { equalBytes, type Id } from '../../../format/bytes.ts'
import { slotAd, slotKekInfo } from '../../../format/derivations.ts'
import {
  decodeSlotToOpen,
  type KeySlot,
  SLOT_NONCE_BYTES,
  type SlotKdf,
  type SlotKind,
  slotWithoutWrapped,
} from '../../../format/key-slot.ts'
import { decodeKeyring, encodeKeyring, type Keyring } from '../../../format/keyring.ts'
import { IntegrityError, KeyError } from '../../errors.ts'
import { randomBytes } from '../../runtime/random.ts'
import { ARGON2_DEFAULTS, type Argon2Parameters, argon2id } from './argon2.ts'
import { equalSecret, hkdf } from './hash.ts'
import { checkRepository } from './keyset.ts'
import { keysCommitment } from './repository-keys.ts'
import { SigningKey } from './signing.ts'
import { type DecapsulationKey, type EncapsulationKey, publicKey } from './x-wing.ts'
import { openXChaCha, sealXChaCha } from './xchacha.ts'

const SLOT_ID_BYTES = 16
const SALT_BYTES = 16

/** For whom a keyring is wrapped. */
export type WrapMethod =
  | { readonly kind: 'identity'; readonly unlock: EncapsulationKey }
  | { readonly kind: 'passphrase'; readonly passphrase: string; readonly argon2?: Argon2Parameters }
  | { readonly kind: 'recovery'; readonly secret: Uint8Array }

/** What opens a slot. */
export type UnlockSecret =
  | { readonly kind: 'identity'; readonly unlock: DecapsulationKey }
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'recovery'; readonly secret: Uint8Array }

/** What the genesis entry says, against which an opened keyring is held. */
export interface SlotExpectations {
  readonly repository: Id
  readonly keysCommitment: Uint8Array
  /** The sealing keys that are known, by epoch: a read key in the keyring must be the private half of its own. */
  readonly sealing?: ReadonlyMap<number, Uint8Array>
}

const WRONG: Readonly<Record<SlotKind, readonly [code: string, message: string]>> = {
  identity: ['wrong-identity', 'This identity does not open the key slot.'],
  passphrase: ['wrong-passphrase', 'The passphrase does not open the key slot.'],
  recovery: ['wrong-recovery-code', 'The recovery code does not open the key slot.'],
}

/**
 * A new slot, with a random id, that wraps the keyring for one way of unlocking; `member` is whose keyring it is. SPEC §5.3
 * @throws {UsageError} `passphrase` when it is empty, or no valid Unicode.
 */
export async function wrapKeyring(keyring: Keyring, member: Id, method: WrapMethod): Promise<KeySlot> {
  const { kdf, secret } = await newSecret(method)
  const { repository } = keyring
  const slot = { id: randomBytes(SLOT_ID_BYTES), repository, member, kind: method.kind, kdf, nonce: randomBytes(SLOT_NONCE_BYTES) }
  const wrapped = await sealXChaCha(slotKek(secret, slot), slot.nonce, slotAd(slotWithoutWrapped(slot)), encodeKeyring(keyring))
  return { ...slot, wrapped }
}

/**
 * The keyring in a slot. Only the slot's own promises are checked: `openKeySlot` holds it against the genesis entry.
 * @throws {KeyError} `wrong-identity`, `wrong-passphrase`, `wrong-recovery-code` (or the slot was changed), `slot-kind`.
 * @throws {FormatError} `slot-argon2-*` before any work, `keyring-*`.
 */
export async function unwrapKeyring(slot: KeySlot, secret: UnlockSecret): Promise<Keyring> {
  const kek = slotKek(await knownSecret(slot.kdf, secret), slot)
  const plain = openXChaCha(kek, slot.nonce, slotAd(slotWithoutWrapped(slot)), slot.wrapped)
  if (plain !== undefined) return decodeKeyring(plain)
  const [code, message] = WRONG[slot.kind]
  throw new KeyError(code, message, {
    hint: 'If you are sure that it is right, the slot was damaged or changed: try another way of unlocking.',
  })
}

/**
 * The keyring in a slot's bytes, after it was held against the genesis entry. SPEC §5.3, §9.1.4
 * @throws {FormatError} `slot-*`, `keyring-*`; Argon2id parameters beyond the limits are refused before any work.
 * @throws {KeyError} as `unwrapKeyring`.
 * @throws {IntegrityError} `slot-repository`, `slot-keys`, `slot-read-key`, `slot-member`: somebody else put the slot there.
 */
export async function openKeySlot(
  bytes: Uint8Array,
  expected: SlotExpectations,
  secret: UnlockSecret,
): Promise<{ slot: KeySlot; keyring: Keyring }> {
  const slot = decodeSlotToOpen(bytes)
  checkRepository(slot.repository, expected.repository, 'slot')
  const keyring = await unwrapKeyring(slot, secret)
  checkKeyring(keyring, slot, expected)
  return { slot, keyring }
}

function checkKeyring(keyring: Keyring, slot: KeySlot, { repository, keysCommitment: commitment, sealing }: SlotExpectations): void {
  checkRepository(keyring.repository, repository, 'slot')
  if (!equalSecret(keysCommitment(keyring.write), commitment))
    throw substituted('slot-keys', 'other write keys than those of this repository')
  for (const { epoch, seed } of keyring.read ?? []) {
    const known = sealing?.get(epoch)
    if (known !== undefined && !equalBytes(publicKey(seed), known))
      throw substituted('slot-read-key', `a foreign read key for epoch ${epoch}`)
  }
  if (keyring.signing !== undefined && !equalBytes(SigningKey.fromSeed(keyring.signing).memberId, slot.member)) {
    throw substituted('slot-member', 'the signing key of another member than it names')
  }
}

function substituted(code: string, what: string): IntegrityError {
  return new IntegrityError(code, `A key slot opens, but holds ${what}.`, {
    hint: 'Somebody put it there. Nothing of it was used: open the repository in another way, and find out who may write to the store.',
  })
}

async function newSecret(method: WrapMethod): Promise<{ kdf: SlotKdf; secret: Uint8Array }> {
  if (method.kind === 'identity') {
    const { ciphertext, secret } = method.unlock.encapsulate()
    return { kdf: { alg: 'x-wing', ciphertext }, secret }
  }
  if (method.kind === 'recovery') return { kdf: { alg: 'hkdf' }, secret: method.secret }
  const { memoryKiB, passes, lanes } = method.argon2 ?? ARGON2_DEFAULTS
  const kdf = { alg: 'argon2id', salt: randomBytes(SALT_BYTES), memoryKiB, passes, lanes } as const
  return { kdf, secret: await argon2id(method.passphrase, kdf.salt, kdf) }
}

async function knownSecret(kdf: SlotKdf, secret: UnlockSecret): Promise<Uint8Array> {
  if (kdf.alg === 'x-wing' && secret.kind === 'identity') return secret.unlock.decapsulate(kdf.ciphertext)
  if (kdf.alg === 'argon2id' && secret.kind === 'passphrase') return argon2id(secret.passphrase, kdf.salt, kdf)
  if (kdf.alg === 'hkdf' && secret.kind === 'recovery') return secret.secret
  throw new KeyError(
    'slot-kind',
    `A key slot of another kind: it cannot be opened with ${secret.kind === 'identity' ? 'an' : 'a'} ${secret.kind} secret.`,
  )
}

function slotKek(secret: Uint8Array, slot: Pick<KeySlot, 'repository' | 'id'>): Buffer {
  return hkdf(secret, slot.repository, slotKekInfo(slot.id))
}
