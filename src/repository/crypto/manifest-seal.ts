// Manifests as whole objects: sealed to the repository's sealing key, signed by their member (SPEC §4.4, §6.5).

import { type Id, u96 } from '../../../format/bytes.ts'
import { manifestAd, manifestKeyInfo } from '../../../format/derivations.ts'
import { LIMITS } from '../../../format/limits.ts'
import {
  decodeManifest,
  decodeManifestHeader,
  encodeManifest,
  encodeManifestHeader,
  MANIFEST_AD_BYTES,
  MANIFEST_HEADER_BYTES,
  type Manifest,
} from '../../../format/manifest.ts'
import { IntegrityError } from '../../errors.ts'
import { openFrame, sealVerifiedFrame } from './frame-codec.ts'
import { equalSecret, hkdf } from './hash.ts'
import { type ReadKeys, readKeyOf } from './keyset.ts'
import { checkSigned, type SealedObject, type SignedContext, signObject } from './signed-object.ts'
import type { SigningKey } from './signing.ts'
import type { EncapsulationKey } from './x-wing.ts'

/** Who writes a manifest, and for whom. */
export interface ManifestSealer {
  readonly repository: Id
  readonly epoch: number
  readonly sealing: EncapsulationKey
  readonly signing: SigningKey
}

export interface OpenedManifest {
  readonly manifest: Manifest
  /** The member id of who signed it; whether that member had the role then is for the journal to say. */
  readonly signer: Id
  readonly epoch: number
}

/**
 * A manifest as it is stored. Sealing the same manifest twice gives two objects. SPEC §6.5
 * @throws {FormatError} when the manifest breaks a rule.
 */
export function sealManifest(manifest: Manifest, { repository, epoch, sealing, signing }: ManifestSealer): SealedObject {
  const raw = encodeManifest(manifest)
  const { ciphertext, secret } = sealing.encapsulate()
  const { key, commitment } = derive(secret, repository, epoch)
  const header = encodeManifestHeader({ epoch, repository, signer: signing.memberId, commitment, ciphertext })
  const { parts } = sealVerifiedFrame(key, u96(0), manifestAd(header.subarray(0, MANIFEST_AD_BYTES)), raw)
  return signObject('manifest', repository, signing, [header, ...parts])
}

/**
 * Checks the signature of a manifest, which needs no key that opens it. Its name (the hash) is the caller's to check.
 * @throws {FormatError} `manifest-*` when it has no header.
 * @throws {IntegrityError} `manifest-repository`, `manifest-signer`, `manifest-signature`.
 */
export function verifyManifest(object: Uint8Array, context: SignedContext): { signer: Id; epoch: number } {
  const header = decodeManifestHeader(object)
  checkSigned('manifest', object, header, context)
  return { signer: header.signer, epoch: header.epoch }
}

/**
 * The manifest in an object, after its signature, commitment and every rule of its body were checked. SPEC §6.5
 * @throws {FormatError} `manifest-*`, `frame-*` when what was signed breaks a rule.
 * @throws {IntegrityError} as `verifyManifest`; `manifest-epoch`, `manifest-commitment`, `authentication`.
 * @throws {KeyError} `no-read-key` when no read key is held.
 */
export function openManifest(object: Uint8Array, context: SignedContext & { readonly readKeys: ReadKeys | undefined }): OpenedManifest {
  const header = decodeManifestHeader(object)
  const unsigned = checkSigned('manifest', object, header, context)
  const secret = readKeyOf(context.readKeys, header.epoch, 'manifest').decapsulate(header.ciphertext)
  const { key, commitment } = derive(secret, context.repository, header.epoch)
  if (!equalSecret(commitment, header.commitment)) {
    throw new IntegrityError('manifest-commitment', "A manifest's header does not fit its key: it was sealed for another key.")
  }
  const ad = manifestAd(unsigned.subarray(0, MANIFEST_AD_BYTES))
  const raw = openFrame(key, u96(0), ad, unsigned.subarray(MANIFEST_HEADER_BYTES), LIMITS.manifestRawBytes)
  return { manifest: decodeManifest(raw), signer: header.signer, epoch: header.epoch }
}

function derive(secret: Buffer, repository: Id, epoch: number): { key: Buffer; commitment: Buffer } {
  const derived = (purpose: 'key' | 'commitment'): Buffer => hkdf(secret, repository, manifestKeyInfo(purpose, epoch))
  return { key: derived('key'), commitment: derived('commitment') }
}
