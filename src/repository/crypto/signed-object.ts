// Objects that end with a signature: manifests and index segments (SPEC §4.6, §6.4, §6.5).

import { asBuffer, concat, type Id, toHex } from '../../../format/bytes.ts'
import { IntegrityError } from '../../errors.ts'
import { sha256 } from './hash.ts'
import { checkRepository } from './keyset.ts'
import { SIGNATURE_BYTES, type SigningKey, verifySignature } from './signing.ts'

/** The Ed25519 public key of a member by its id, from the journal; undefined when there never was such a member. */
export type PublicKeyOf = (member: Id) => Uint8Array | undefined

/** An object as it is stored, and its name. */
export interface SealedObject {
  /** SHA-256 of the bytes. */
  readonly id: Buffer
  readonly bytes: Buffer
}

/** Who may have signed an object, of which repository. */
export interface SignedContext {
  readonly repository: Id
  readonly publicKeyOf: PublicKeyOf
}

/** The parts, joined, and the signature over them. */
export function signObject(
  kind: 'manifest' | 'index-segment',
  repository: Id,
  signing: SigningKey,
  parts: readonly Uint8Array[],
): SealedObject {
  const unsigned = concat(...parts)
  const bytes = concat(unsigned, signing.sign(kind, repository, unsigned))
  return { id: sha256(bytes), bytes }
}

/**
 * The object up to its signature, once that was found to be by the member whom the header names.
 * @throws {IntegrityError} `<kind>-repository`, `<kind>-signer` when the journal knows no such member, `<kind>-signature`.
 */
export function checkSigned(
  kind: 'manifest' | 'index-segment',
  object: Uint8Array,
  header: { readonly repository: Id; readonly signer: Id },
  { repository, publicKeyOf }: SignedContext,
): Buffer {
  checkRepository(header.repository, repository, kind)
  const publicKey = publicKeyOf(header.signer)
  if (publicKey === undefined) {
    throw new IntegrityError(`${kind}-signer`, `A ${kind} signed by ${toHex(header.signer)}, who never was a member.`)
  }
  const end = object.length - SIGNATURE_BYTES
  const unsigned = asBuffer(object).subarray(0, end)
  if (!verifySignature(kind, repository, publicKey, unsigned, object.subarray(end))) {
    throw new IntegrityError(`${kind}-signature`, `The signature of a ${kind} is not that of member ${toHex(header.signer)}.`)
  }
  return unsigned
}
