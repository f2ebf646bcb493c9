// Each kind of record with its decoder and encoder, in one shape for generator, vector test and property test.

import { createHash } from 'node:crypto'
import { verifySignature } from '../../src/repository/crypto/signing.ts'
import { concat, fromHex } from '../bytes.ts'
import { type CborRecord, type CborValue, decodeCbor, encodeCbor } from '../cbor.ts'
import { decodeCheckpoint, decodeCheckpointHeader, encodeCheckpoint, encodeCheckpointHeader } from '../checkpoint.ts'
import { decodeDetails, encodeDetails } from '../details.ts'
import type { SignatureKind } from '../domains.ts'
import { checkClear, type EventName } from '../events.ts'
import { FormatError } from '../format-error.ts'
import { decodeFrame, encodeFrameHeader, type Frame } from '../frame.ts'
import { decodeIdentityFile, encodeIdentityFile } from '../identity-file.ts'
import { decodeSegmentBody, decodeSegmentHeader, encodeSegmentBody, encodeSegmentHeader } from '../index-segment.ts'
import { decodeJournalEntry, encodeJournalEntry } from '../journal.ts'
import { decodeSlot, encodeSlot } from '../key-slot.ts'
import { decodeKeyring, encodeKeyring } from '../keyring.ts'
import { decodeLease, encodeLease } from '../lease.ts'
import { decodeManifest, decodeManifestHeader, encodeManifest, encodeManifestHeader } from '../manifest.ts'
import { checkSeriesName } from '../names.ts'
import { decodeDirectory, decodeFooter, decodePackHeader, encodeDirectory, encodeFooter, encodePackHeader, type PackKind } from '../pack.ts'
import { decodeRecoveryCode, encodeRecoveryCode } from '../recovery-code.ts'
import { decodeRepositoryJson, encodeRepositoryJson } from '../repository-json.ts'
import { decodeSigned, encodeSigned } from '../signed.ts'
import { decodeSpoolRecord, encodeSpoolRecord } from '../spool.ts'
import {
  checkpointKey,
  journalKey,
  leaseKey,
  manifestKey,
  type ParsedStoreKey,
  packKey,
  parseStoreKey,
  REPOSITORY_JSON,
  segmentKey,
  slotKey,
} from '../store-key.ts'
import { decodeList, decodeStream, encodeList, encodeStream } from '../stream.ts'
import { decodeEntries, decodeEntry, encodeEntries, encodeEntry } from '../tree.ts'
import { derive } from './derive.ts'
import type { Context } from './vector.ts'

export interface Codec {
  decode(bytes: Uint8Array, context: Context): unknown
  encode(value: unknown, context: Context): Buffer
}

function codec<T>(decode: (bytes: Uint8Array, context: Context) => T, encode: (value: T, context: Context) => Uint8Array): Codec {
  return { decode, encode: (value, context) => Buffer.from(encode(value as T, context)) }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const event = (context: Context): EventName => context['event'] as EventName
const root = (context: Context): { root: boolean } => ({ root: context['root'] === true })
const holes = (context: Context): { holes: boolean } => ({ holes: context['holes'] !== false })
const depth = (context: Context): number => number(context['depth'], 0)
const number = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise)

function keyText(key: ParsedStoreKey): string {
  if (key.kind === 'repository') return REPOSITORY_JSON
  if (key.kind === 'slot') return slotKey(key.id)
  if (key.kind === 'journal') return journalKey(key.sequence)
  if (key.kind === 'lease') return leaseKey(key.operation, key.renewal)
  if (key.kind === 'pack') return packKey(key.packKind, key.id)
  return { checkpoint: checkpointKey, manifest: manifestKey, segment: segmentKey }[key.kind](key.id)
}

/** The signature itself, when it is good for the key and object of the context. */
function goodSignature(signature: Uint8Array, context: Context): Buffer {
  const bytes = (name: string): Buffer => fromHex(context[name] as string)
  const kind = context['kind'] as SignatureKind
  if (verifySignature(kind, bytes('repository'), bytes('publicKey'), bytes('object'), signature)) return Buffer.from(signature)
  throw new FormatError('signature', 'The signature is not by this key, or not over this object.')
}

export const codecs = {
  cbor: codec<CborValue>((bytes) => decodeCbor(bytes), encodeCbor),
  'store-key': codec(
    (bytes) => parseStoreKey(text(bytes)),
    (key) => Buffer.from(keyText(key)),
  ),
  'series-name': codec(
    (bytes) => checkSeriesName(text(bytes)),
    (name) => Buffer.from(name),
  ),
  frame: codec<Frame>(
    (bytes, context) => decodeFrame(bytes, number(context['maxRawBytes'], 1024)),
    (frame) => concat(encodeFrameHeader(frame.codec, frame.rawBytes), frame.payload),
  ),
  'pack-header': codec(decodePackHeader, encodePackHeader),
  directory: codec(
    (bytes, { packKind, directoryOffset }) =>
      decodeDirectory(bytes, {
        ...(typeof packKind === 'number' ? { packKind: packKind as PackKind } : {}),
        ...(typeof directoryOffset === 'number' ? { directoryOffset } : {}),
      }),
    encodeDirectory,
  ),
  footer: codec((bytes, { packBytes }) => decodeFooter(bytes, number(packBytes, 4096)), encodeFooter),
  'segment-header': codec(decodeSegmentHeader, encodeSegmentHeader),
  'segment-body': codec(decodeSegmentBody, encodeSegmentBody),
  'manifest-header': codec(decodeManifestHeader, encodeManifestHeader),
  manifest: codec(decodeManifest, encodeManifest),
  stream: codec((bytes, context) => decodeStream(bytes, holes(context)), encodeStream),
  list: codec((bytes, context) => decodeList(bytes, depth(context), holes(context)), encodeList),
  'tree-entry': codec(
    (bytes, context) => decodeEntry(bytes, root(context)),
    (entry, context) => encodeEntry(entry, root(context)),
  ),
  'tree-chunk': codec((bytes) => decodeEntries(bytes), encodeEntries),
  signed: codec((bytes, context) => decodeSigned(bytes, number(context['maxBytes'], 4096)), encodeSigned),
  'journal-entry': codec(decodeJournalEntry, encodeJournalEntry),
  'event-clear': codec<CborRecord>(
    (bytes, context) => checkClear(event(context), decodeCbor(bytes) as CborRecord) as unknown as CborRecord,
    encodeCbor,
  ),
  'event-details': codec<CborRecord>(
    (bytes, context) => decodeDetails(event(context), bytes) as unknown as CborRecord,
    (details, context) => encodeDetails(event(context), details as never),
  ),
  'spool-record': codec(decodeSpoolRecord, encodeSpoolRecord),
  'checkpoint-header': codec(decodeCheckpointHeader, encodeCheckpointHeader),
  checkpoint: codec(decodeCheckpoint, encodeCheckpoint),
  lease: codec(decodeLease, encodeLease),
  'key-slot': codec(decodeSlot, encodeSlot),
  keyring: codec(decodeKeyring, encodeKeyring),
  'recovery-code': codec(
    (bytes) => decodeRecoveryCode(text(bytes), sha256),
    (code) => Buffer.from(encodeRecoveryCode(code, sha256)),
  ),
  'repository-json': codec(decodeRepositoryJson, encodeRepositoryJson),
  'identity-file': codec(decodeIdentityFile, (identity) => Buffer.from(encodeIdentityFile(identity))),
  signature: codec<Buffer>(goodSignature, (signature) => signature),
  /** One way only: `decoded` names a function and its arguments, the bytes are its result. */
  derivation: codec<Context>((_bytes, context) => context, derive),
} as const satisfies Record<string, Codec>

export type RecordName = keyof typeof codecs
