// Ed25519 keys and signatures that no honest program makes, but a hostile member can: keys with a torsion part, of small order, in odd
// encodings. Verifiers in the wild disagree on them. SPEC §4.6

import { createHash } from 'node:crypto'
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { signatureInput } from '../../format/derivations.ts'
import type { SignatureKind } from '../../format/domains.ts'
import { sha256 } from '../../src/repository/crypto/hash.ts'
import { memberId } from '../../src/repository/crypto/signing.ts'

const { Point } = ed25519
const GROUP_ORDER = Point.Fn.ORDER
/** The points whose order divides 8; that of index i is i times that of index 1, which has order 8. */
export const TORSION = ED25519_TORSION_SUBGROUP.map((_, i) => Point.fromHex(ED25519_TORSION_SUBGROUP[1]!, true).multiplyUnsafe(BigInt(i)))

/** A key `[scalar]B + torsion`: of mixed order, or of small order when the scalar is 0. */
export interface OddKey {
  readonly scalar: bigint
  readonly publicKey: Buffer
  readonly memberId: Buffer
}

export function oddKey(scalar: bigint, torsion: number, publicKey?: Uint8Array): OddKey {
  const bytes = Buffer.from(publicKey ?? Point.BASE.multiplyUnsafe(scalar).add(TORSION[torsion]!).toBytes())
  return { scalar, publicKey: bytes, memberId: memberId(bytes) }
}

/** What is signed. */
export interface Signed {
  readonly kind: SignatureKind
  readonly repository: Uint8Array
  readonly bytes: Uint8Array
}

export interface OddSignature {
  readonly signature: Buffer
  /** The integer of RFC 8032 §5.1.7: not reduced. */
  readonly k: bigint
}

/** A signature whose R is `[nonce]B + torsion`. It holds for whoever multiplies by the cofactor; for others it depends. */
export function signOddly(key: OddKey, { kind, repository, bytes }: Signed, nonce: bigint, torsion = 0): OddSignature {
  const r = Point.BASE.multiplyUnsafe(nonce).add(TORSION[torsion]!).toBytes()
  const input = signatureInput(kind, repository, key.memberId, sha256(bytes))
  const k = numberOf(
    createHash('sha512')
      .update(Buffer.concat([r, key.publicKey, input]))
      .digest(),
  )
  return { signature: Buffer.concat([r, bytesOf((nonce + k * key.scalar) % GROUP_ORDER)]), k }
}

/** The first of these signatures, by nonces from 1 on, that is as wanted. */
export function findSignature(key: OddKey, signed: Signed, isWanted: (found: OddSignature) => boolean): Buffer {
  for (let nonce = 1n; ; nonce++) {
    const found = signOddly(key, signed, nonce)
    if (isWanted(found)) return found.signature
  }
}

/** How often `[k]T` goes round: k, reduced as SPEC.md says, modulo the 8 points that T = `TORSION[1]` makes. */
export function torsionOf({ k }: OddSignature): number {
  return Number((k % GROUP_ORDER) % 8n)
}

export function bytesOf(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse()
}

function numberOf(littleEndian: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(littleEndian).reverse().toString('hex')}`)
}
