// What goes into each hash, key derivation, signature and associated data (SPEC §4, §5.3, §6). Bytes only: no key is ever seen here.

import { concat, type Id, u32 } from './bytes.ts'
import { domain, type SignatureKind } from './domains.ts'
import type { ChunkKind, PackKind } from './pack-kind.ts'

export interface WriteKeys {
  readonly id: Uint8Array
  readonly gear: Uint8Array
  readonly index: Uint8Array
  readonly journal: Uint8Array
}

/** Input of `keysCommitment` (SHA-256). SPEC §4.1 */
export function keysCommitmentInput(write: WriteKeys): Buffer {
  return concat(domain('write-keys'), write.id, write.gear, write.index, write.journal)
}

/** Input of a member id (SHA-256). SPEC §4.1 */
export function memberIdInput(publicKey: Uint8Array): Buffer {
  return concat(domain('member'), publicKey)
}

/** Input of a chunk id (HMAC under the id key); `sha256` is that of the plaintext. SPEC §4.2 */
export function chunkIdInput(kind: ChunkKind, sha256: Uint8Array): Buffer {
  return concat(domain('chunk-id'), Buffer.of(kind), sha256)
}

/** Input of a content id (SHA-256); `streamCbor` is the encoded stream of the root directory. SPEC §6.5 */
export function contentIdInput(streamCbor: Uint8Array): Buffer {
  return concat(domain('content-id'), streamCbor)
}

/** Input of a series tag (HMAC under the journal key, first 16 bytes). SPEC §7.2 */
export function seriesTagInput(name: string): Buffer {
  return concat(domain('series'), Buffer.from(name, 'utf8'))
}

/** HKDF info of what a pack derives from its shared secret. SPEC §4.4 */
export function packKeyInfo(purpose: 'block' | 'directory' | 'commitment', kind: PackKind, epoch: number): Buffer {
  const name = purpose === 'commitment' ? 'pack-commitment' : (`pack-${purpose}-key` as const)
  return concat(domain(name), Buffer.of(kind), u32(epoch))
}

/** HKDF info of what a manifest derives from its shared secret. SPEC §4.4 */
export function manifestKeyInfo(purpose: 'key' | 'commitment', epoch: number): Buffer {
  return concat(domain(`manifest-${purpose}`), u32(epoch))
}

/** HKDF info of a key slot's key encryption key. SPEC §5.3 */
export function slotKekInfo(slotId: Uint8Array): Buffer {
  return concat(domain('slot-kek'), slotId)
}

/** Associated data of block i of a pack. SPEC §6.1 */
export function blockAd(repository: Id, kind: PackKind, i: number): Buffer {
  return concat(domain('block'), repository, Buffer.of(kind), u32(i))
}

/** Associated data of a pack's directory. SPEC §6.1 */
export function directoryAd(repository: Id, kind: PackKind): Buffer {
  return concat(domain('directory'), repository, Buffer.of(kind))
}

/** Associated data of a pack's footer. SPEC §6.1 */
export function footerAd(repository: Id, kind: PackKind): Buffer {
  return concat(domain('footer'), repository, Buffer.of(kind))
}

/** Associated data of a manifest's body; `header112` is the object's first 112 bytes. SPEC §6.5 */
export function manifestAd(header112: Uint8Array): Buffer {
  return concat(domain('manifest'), header112)
}

/** Associated data of a segment's body; `header112` is the object's first 112 bytes. SPEC §6.4 */
export function segmentAd(header112: Uint8Array): Buffer {
  return concat(domain('index-segment'), header112)
}

/** Associated data of a checkpoint's state; `header80` is the object's first 80 bytes. SPEC §7.5 */
export function checkpointAd(header80: Uint8Array): Buffer {
  return concat(domain('checkpoint'), header80)
}

/** Associated data of the details of an entry or spool record, encoded with `sealed` empty. SPEC §7.1, §7.6 */
export function journalDetailsAd(entryWithEmptySealed: Uint8Array): Buffer {
  return concat(domain('journal-details'), entryWithEmptySealed)
}

/** Associated data of a wrapped keyring; the slot is encoded without `wrapped`. SPEC §5.3 */
export function slotAd(slotWithoutWrapped: Uint8Array): Buffer {
  return concat(domain('key-slot'), slotWithoutWrapped)
}

/** Input of an attestation (SHA-256); `segmentBody` is the raw body of a segment that holds nothing but that pack. SPEC §6.4 */
export function attestedPackInput(segmentBody: Uint8Array): Buffer {
  return concat(domain('attested-pack'), segmentBody)
}

/** What is signed; `hash` is the SHA-256 of the object up to the signature. SPEC §4.6 */
export function signatureInput(kind: SignatureKind, repository: Id, signer: Id, hash: Uint8Array): Buffer {
  return concat(domain(`sign-${kind}`), repository, signer, hash)
}

/** What the check of a recovery code is the SHA-256 of; `payload29` is the payload before the check. SPEC §5.4 */
export function recoveryCodeInput(payload29: Uint8Array): Buffer {
  return concat(domain('recovery-code'), payload29)
}

/** What the link of a void slot is the SHA-256 of. SPEC §7.1 */
export function voidLinkInput(previousLink: Uint8Array, slotHash: Uint8Array): Buffer {
  return concat(domain('void-slot'), previousLink, slotHash)
}
