// Objects under the index key or the journal key, each with a salt of its own (SPEC §4.5): index segments, checkpoints, journal details.

import { asBuffer, concat, type Id, u96 } from '../../../format/bytes.ts'
import {
  CHECKPOINT_HEADER_BYTES,
  type CheckpointState,
  decodeCheckpoint,
  decodeCheckpointHeader,
  encodeCheckpoint,
  encodeCheckpointHeader,
} from '../../../format/checkpoint.ts'
import { checkpointAd, journalDetailsAd, segmentAd } from '../../../format/derivations.ts'
import { domain } from '../../../format/domains.ts'
import {
  decodeSegmentBody,
  decodeSegmentHeader,
  encodeSegmentBody,
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentBody,
} from '../../../format/index-segment.ts'
import { LIMITS } from '../../../format/limits.ts'
import { FormatError, IntegrityError } from '../../errors.ts'
import { randomBytes } from '../../runtime/random.ts'
import { openFrame, sealVerifiedFrame } from './frame-codec.ts'
import { hkdf, sha256 } from './hash.ts'
import { checkRepository } from './keyset.ts'
import { checkSigned, type SealedObject, type SignedContext, signObject } from './signed-object.ts'
import type { SigningKey } from './signing.ts'

const SALT_BYTES = 32
const NONCE = u96(0)

export interface OpenedSegment {
  readonly body: SegmentBody
  /** The member id of who signed it; whether that member is trusted for deduplication is the caller's to decide. */
  readonly signer: Id
}

/**
 * An index segment as it is stored. SPEC §6.4
 * @throws {FormatError} when the body breaks a rule or a limit.
 */
export function sealSegment(
  body: SegmentBody,
  { repository, indexKey, signing }: { readonly repository: Id; readonly indexKey: Uint8Array; readonly signing: SigningKey },
): SealedObject {
  const raw = bounded(encodeSegmentBody(body), LIMITS.segmentRawBytes, 'segment')
  const salt = randomBytes(SALT_BYTES)
  const header = encodeSegmentHeader({ repository, signer: signing.memberId, salt })
  const { parts } = sealVerifiedFrame(saltedKey(indexKey, repository, salt, 'index-segment-key'), NONCE, segmentAd(header), raw)
  return signObject('index-segment', repository, signing, [header, ...parts])
}

/**
 * The body of an index segment, after its signature was checked. SPEC §6.4
 * @throws {FormatError} `segment-*`, `frame-*`.
 * @throws {IntegrityError} `index-segment-repository`, `index-segment-signer`, `index-segment-signature`, `authentication`.
 */
export function openSegment(object: Uint8Array, context: SignedContext & { readonly indexKey: Uint8Array }): OpenedSegment {
  const header = decodeSegmentHeader(object)
  const unsigned = checkSigned('index-segment', object, header, context)
  const key = saltedKey(context.indexKey, context.repository, header.salt, 'index-segment-key')
  const ad = segmentAd(unsigned.subarray(0, SEGMENT_HEADER_BYTES))
  const raw = openFrame(key, NONCE, ad, unsigned.subarray(SEGMENT_HEADER_BYTES), LIMITS.segmentRawBytes)
  return { body: decodeSegmentBody(raw), signer: header.signer }
}

/** A checkpoint as it is stored; the journal entry that names it carries the signature. SPEC §7.5 */
export function sealCheckpoint(state: CheckpointState, keys: { readonly repository: Id; readonly journalKey: Uint8Array }): SealedObject {
  const raw = bounded(encodeCheckpoint(state), LIMITS.checkpointRawBytes, 'checkpoint')
  const salt = randomBytes(SALT_BYTES)
  const header = encodeCheckpointHeader({ repository: keys.repository, salt })
  const key = saltedKey(keys.journalKey, keys.repository, salt, 'checkpoint-key')
  const bytes = concat(header, ...sealVerifiedFrame(key, NONCE, checkpointAd(header), raw).parts)
  return { id: sha256(bytes), bytes }
}

/**
 * The state in a checkpoint. That its hash is what an owner's journal entry names is the caller's to check first. SPEC §7.5
 * @throws {FormatError} `checkpoint-*`, `frame-*`.
 * @throws {IntegrityError} `checkpoint-repository`, `authentication`.
 */
export function openCheckpoint(object: Uint8Array, keys: { readonly repository: Id; readonly journalKey: Uint8Array }): CheckpointState {
  const { repository, salt } = decodeCheckpointHeader(object)
  checkRepository(repository, keys.repository, 'checkpoint')
  const key = saltedKey(keys.journalKey, repository, salt, 'checkpoint-key')
  const ad = checkpointAd(object.subarray(0, CHECKPOINT_HEADER_BYTES))
  return decodeCheckpoint(openFrame(key, NONCE, ad, object.subarray(CHECKPOINT_HEADER_BYTES), LIMITS.checkpointRawBytes))
}

/** What ties sealed details to their entry. */
export interface DetailsContext {
  readonly repository: Id
  readonly journalKey: Uint8Array
  /** The CBOR of the entry or spool record with `sealed` empty. */
  readonly unsealed: Uint8Array
}

/**
 * The `sealed` field of a journal entry or spool record: salt and ciphertext of the details' CBOR. SPEC §7.1, §7.6
 * @throws {FormatError} `details-too-large` when the details have more than 1 MiB.
 */
export function sealDetails(details: Uint8Array, { repository, journalKey, unsealed }: DetailsContext): Buffer {
  const raw = bounded(details, LIMITS.journalSlotBytes, 'details')
  const salt = randomBytes(SALT_BYTES)
  const key = saltedKey(journalKey, repository, salt, 'journal-details-key')
  return concat(salt, ...sealVerifiedFrame(key, NONCE, journalDetailsAd(unsealed), raw).parts)
}

/**
 * The CBOR of the details of an entry or spool record whose `sealed` is not empty. SPEC §7.1, §7.6
 * @throws {IntegrityError} `authentication` when the details are not of this entry, key and repository.
 * @throws {FormatError} `frame-*`.
 */
export function openDetails(sealed: Uint8Array, { repository, journalKey, unsealed }: DetailsContext): Buffer {
  if (sealed.length < SALT_BYTES) throw new IntegrityError('authentication', `Sealed details of ${sealed.length} bytes have no whole salt.`)
  const bytes = asBuffer(sealed)
  const key = saltedKey(journalKey, repository, bytes.subarray(0, SALT_BYTES), 'journal-details-key')
  return openFrame(key, NONCE, journalDetailsAd(unsealed), bytes.subarray(SALT_BYTES), LIMITS.journalSlotBytes)
}

function saltedKey(
  key: Uint8Array,
  repository: Id,
  salt: Uint8Array,
  purpose: 'index-segment-key' | 'checkpoint-key' | 'journal-details-key',
): Buffer {
  return hkdf(key, concat(repository, salt), domain(purpose))
}

/** What a reader would refuse is not written. */
function bounded(raw: Uint8Array, maxRawBytes: number, what: string): Uint8Array {
  if (raw.length <= maxRawBytes) return raw
  throw new FormatError(`${what}-too-large`, `${what} of ${raw.length} raw bytes; at most ${maxRawBytes} are allowed`)
}
