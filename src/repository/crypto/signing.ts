// Ed25519 signatures over objects, and the ids of those who sign (SPEC §4.1, §4.6).

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { concat, exactly, type Id, toHex } from '../../../format/bytes.ts'
import { memberIdInput, signatureInput } from '../../../format/derivations.ts'
import type { SignatureKind } from '../../../format/domains.ts'
import { LIMITS } from '../../../format/limits.ts'
import { sha256 } from './hash.ts'
import { isSmallOrder } from './small-order.ts'

export type { SignatureKind }

export const SIGNATURE_BYTES = 64
const KEY_BYTES = 32
/** R, the point in front of a signature. */
const POINT_BYTES = 32
/** DER up to the key's own bytes. RFC 8410 */
const PRIVATE_DER = Buffer.from('302e020100300506032b657004220420', 'hex')
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex')

/** One member's secret to sign with. */
export class SigningKey {
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Buffer
  readonly memberId: Buffer
  readonly #key: KeyObject

  private constructor(key: KeyObject) {
    this.#key = key
    this.publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(PUBLIC_DER.length)
    this.memberId = memberId(this.publicKey)
  }

  /** @throws {FormatError} `signing-seed` when the seed does not have 32 bytes. */
  static fromSeed(seed: Uint8Array): SigningKey {
    const bytes = exactly(seed, KEY_BYTES, 'signing-seed', 'a signing seed')
    return new SigningKey(createPrivateKey({ key: concat(PRIVATE_DER, bytes), format: 'der', type: 'pkcs8' }))
  }

  /** The signature, 64 bytes, over an object up to its signature. In the genesis entry `repository` is zero. SPEC §4.6 */
  sign(kind: SignatureKind, repository: Id, bytes: Uint8Array): Buffer {
    return sign(null, signatureInput(kind, repository, this.memberId, sha256(bytes)), this.#key)
  }
}

/** The id of the member with this Ed25519 public key. SPEC §4.1 */
export function memberId(publicKey: Uint8Array): Buffer {
  return sha256(memberIdInput(publicKey))
}

/**
 * Whether the signature over an object is by this public key, which the caller took from the journal's members, never from the
 * object. False for whatever is not right: length, key, kind, repository, bytes. SPEC §4.6
 */
export function verifySignature(
  kind: SignatureKind,
  repository: Id,
  publicKey: Uint8Array,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false
  const { key, id } = verifyingKey(publicKey)
  if (key === undefined || isSmallOrder(signature.subarray(0, POINT_BYTES))) return false
  return verify(null, signatureInput(kind, repository, id, sha256(bytes)), key, signature)
}

interface VerifyingKey {
  /** Undefined for a point of small order, by which nothing is signed. */
  readonly key: KeyObject | undefined
  readonly id: Buffer
}

/** Replaying a journal verifies thousands of signatures by a few members, and an import costs a third of a verification. */
const verifyingKeys = new Map<string, VerifyingKey>()

function verifyingKey(publicKey: Uint8Array): VerifyingKey {
  const name = toHex(publicKey)
  const known = verifyingKeys.get(name)
  if (known !== undefined) return known
  if (verifyingKeys.size >= LIMITS.members) verifyingKeys.clear()
  const key = isSmallOrder(publicKey) ? undefined : createPublicKey({ key: concat(PUBLIC_DER, publicKey), format: 'der', type: 'spki' })
  const made = { key, id: memberId(publicKey) }
  verifyingKeys.set(name, made)
  return made
}
