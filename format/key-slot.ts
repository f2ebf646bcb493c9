// A key slot (SPEC §5.3): the keyring, wrapped for one way of unlocking. Whether it still opens shows only with its secret, which is in
// a safe: the checksum lets a verification see that it rots.

import { sha256 } from '@noble/hashes/sha2.js'
import { equalBytes, type Id } from './bytes.ts'
import { type CborRecord, type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { FormatError } from './format-error.ts'
import { LIMITS } from './limits.ts'
import { CIPHERTEXT_BYTES } from './pack-kind.ts'
import { RecordReader } from './record-reader.ts'

export const SLOT_KINDS = ['identity', 'passphrase', 'recovery'] as const
export type SlotKind = (typeof SLOT_KINDS)[number]

export const SLOT_NONCE_BYTES = 24
const TAG_BYTES = 16

export interface XWingKdf {
  readonly alg: 'x-wing'
  readonly ciphertext: Uint8Array
}

export interface Argon2idKdf {
  readonly alg: 'argon2id'
  readonly salt: Uint8Array
  readonly memoryKiB: number
  readonly passes: number
  readonly lanes: number
}

export interface HkdfKdf {
  readonly alg: 'hkdf'
}

export type SlotKdf = XWingKdf | Argon2idKdf | HkdfKdf

export interface KeySlot {
  /** 16 bytes: also its name in the store. */
  readonly id: Uint8Array
  readonly repository: Id
  /** Member id of whose keyring it wraps. */
  readonly member: Id
  readonly kind: SlotKind
  /** `x-wing` for identity, `argon2id` for passphrase, `hkdf` for recovery. */
  readonly kdf: SlotKdf
  /** 24 bytes. */
  readonly nonce: Uint8Array
  /** The sealed keyring. */
  readonly wrapped: Uint8Array
}

const KDF_OF: Readonly<Record<SlotKind, SlotKdf['alg']>> = { identity: 'x-wing', passphrase: 'argon2id', recovery: 'hkdf' }

/** The object of a slot. SPEC §5.3 */
export function encodeSlot(slot: KeySlot): Buffer {
  return encodeCbor({ ...slotFields(slot), wrapped: slot.wrapped, check: checkOf(slot) })
}

/** The slot without `wrapped` and `check`: what is bound to the keyring. SPEC §5.3 */
export function slotWithoutWrapped(slot: Omit<KeySlot, 'wrapped'>): Buffer {
  return encodeCbor(slotFields(slot))
}

function slotFields(slot: Omit<KeySlot, 'wrapped'>): CborRecord {
  const { id, repository, member, kind, kdf, nonce } = slot
  return { v: 1, id, repository, member, kind, kdf: { ...kdf }, nonce }
}

/**
 * The slot of exactly these bytes. Argon2id beyond the limits is refused here, before any work. SPEC §5.3, §10
 * @throws {FormatError} `slot-*` when it is none, `slot-check` when it is damaged.
 */
export function decodeSlot(bytes: Uint8Array): KeySlot {
  const { slot, check } = readSlot(bytes)
  if (!equalBytes(check, checkOf(slot))) {
    throw new FormatError('slot-check', 'the key slot has other bytes than were written')
  }
  return slot
}

/**
 * The same, whatever its checksum says: for who has the secret, which decides (the damage may be in the checksum). SPEC §9.1
 * @throws {FormatError} `slot-*` when it is none.
 */
export function decodeSlotToOpen(bytes: Uint8Array): KeySlot {
  return readSlot(bytes).slot
}

function readSlot(bytes: Uint8Array): { slot: KeySlot; check: Uint8Array } {
  if (bytes.length > LIMITS.smallObjectBytes) throw new FormatError('slot-too-large', `a key slot of ${bytes.length} bytes`)
  const record = new RecordReader('slot', decodeCbor(bytes, 'key slot'))
  record.version('v', 1)
  const kind = record.oneOf('kind', SLOT_KINDS)
  const slot: KeySlot = {
    id: record.bytes('id', 16),
    repository: record.bytes('repository', 32),
    member: record.bytes('member', 32),
    kind,
    kdf: readKdf(kind, record.value('kdf')),
    nonce: record.bytes('nonce', SLOT_NONCE_BYTES),
    wrapped: record.bytes('wrapped'),
  }
  const check = record.bytes('check', 32)
  record.end()
  if (slot.wrapped.length <= TAG_BYTES) record.refuse('wrapped', `has ${slot.wrapped.length} bytes, too few for a keyring`)
  return { slot, check }
}

function checkOf(slot: KeySlot): Uint8Array {
  return sha256(encodeCbor({ ...slotFields(slot), wrapped: slot.wrapped }))
}

function readKdf(kind: SlotKind, value: CborValue): SlotKdf {
  const record = new RecordReader('slot-kdf', value)
  const alg = record.oneOf('alg', ['x-wing', 'argon2id', 'hkdf'])
  if (alg !== KDF_OF[kind]) throw new FormatError('slot-kdf-kind', `a slot of kind ${kind} with the key derivation ${alg}`)
  const kdf = readParameters(alg, record)
  record.end()
  return kdf
}

function readParameters(alg: SlotKdf['alg'], record: RecordReader): SlotKdf {
  if (alg === 'hkdf') return { alg }
  if (alg === 'x-wing') return { alg, ciphertext: record.bytes('ciphertext', CIPHERTEXT_BYTES) }
  const kdf = {
    alg,
    salt: record.bytes('salt', 16),
    memoryKiB: record.uint('memoryKiB'),
    passes: record.uint('passes'),
    lanes: record.uint('lanes'),
  }
  checkArgon2id(kdf)
  return kdf
}

/**
 * Refuses parameters that are too weak to be honest or too strong to be worked on. SPEC §10
 * @throws {FormatError} `slot-argon2-*`.
 */
export function checkArgon2id(kdf: Omit<Argon2idKdf, 'salt' | 'alg'>): void {
  const { memoryKiB, passes, lanes } = kdf
  if (lanes < 1 || lanes > LIMITS.argonLanes) throw new FormatError('slot-argon2-lanes', `Argon2id with ${lanes} lanes`)
  if (passes < 1 || passes > LIMITS.argonPasses) throw new FormatError('slot-argon2-passes', `Argon2id with ${passes} passes`)
  if (memoryKiB < LIMITS.argonKibPerLane * lanes || memoryKiB > LIMITS.argonMemoryKib) {
    throw new FormatError('slot-argon2-memory', `Argon2id with ${memoryKiB} KiB for ${lanes} lanes`)
  }
}
