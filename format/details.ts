// The sealed details of each event (SPEC §7.4): what holders of the journal key may read. Details never decide whether an entry is valid.

import type { Id } from './bytes.ts'
import { type CborRecord, type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import type { EventName } from './events.ts'
import { LONG, readManifestTags, SHORT } from './manifest-texts.ts'
import { checkSeriesName } from './names.ts'
import { asId, asRecord, asText, asUint, RecordReader } from './record-reader.ts'

/** Smallest, average and largest chunk in bytes. SPEC §8 */
export type Chunker = readonly [min: number, average: number, max: number]

export interface GenesisDetails {
  readonly name: string
  readonly chunker: Chunker
  /** By hexadecimal member id. */
  readonly labels: Readonly<Record<string, string>>
}

export interface SnapshotDetails {
  readonly series: string
  readonly backupId: Uint8Array
  readonly contentId: Id
  readonly parents: readonly Id[]
  readonly createdAt: number
  readonly durationMs: number
  readonly host: string
  readonly createdBy: string
  readonly actor: string
  readonly source: string
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  readonly complete: boolean
  readonly problemCount: number
  readonly files: number
  readonly bytes: number
  readonly newBytes: number
  readonly storedBytes: number
  readonly roots: readonly string[]
}

export interface TagDetails {
  readonly name: string
  /** Who set or removed it, as in a manifest. */
  readonly actor?: string
}

export interface PermissionDetails {
  /** By hexadecimal member id. */
  readonly labels: Readonly<Record<string, string>>
  /** Names of series by hexadecimal series tag. */
  readonly series: Readonly<Record<string, string>>
  readonly reason: string
}

export interface KeySlotDetails {
  readonly label: string
}

export interface GrantDetails {
  readonly command: string
  readonly target: string
  readonly series: string
  readonly reason: string
}

export interface ReasonDetails {
  readonly reason: string
}

export interface AcceptedDetails {
  readonly reason: string
  readonly lostSequence: number
  readonly lostHash: Id
}

function genesis(record: RecordReader): GenesisDetails {
  return { name: record.text('name'), chunker: readChunker(record), labels: record.texts('labels', SHORT) }
}

/** The field `chunker` of a record. */
export function readChunker(record: RecordReader): Chunker {
  const [min = 0, average = 0, max = 0] = record.array('chunker', asUint, { min: 3, max: 3 })
  return [min, average, max]
}

/** The details of a snapshot out of a record; a checkpoint holds them too. */
export function readSnapshotDetails(record: RecordReader): SnapshotDetails {
  return {
    series: checkSeriesName(record.text('series')),
    backupId: record.bytes('backupId', 16),
    contentId: record.bytes('contentId', 32),
    parents: record.array('parents', asId),
    createdAt: record.int('createdAt'),
    durationMs: record.uint('durationMs'),
    host: record.text('host', SHORT),
    createdBy: record.text('createdBy', SHORT),
    actor: record.text('actor', SHORT),
    source: record.text('source', SHORT),
    description: record.text('description', LONG),
    tags: readManifestTags(record),
    complete: record.bool('complete'),
    problemCount: record.uint('problemCount'),
    files: record.uint('files'),
    bytes: record.uint('bytes'),
    newBytes: record.uint('newBytes'),
    storedBytes: record.uint('storedBytes'),
    roots: record.array('roots', asText),
  }
}

function tag(record: RecordReader): TagDetails {
  return { name: checkSeriesName(record.text('name')), ...(record.has('actor') && { actor: record.text('actor', SHORT) }) }
}

function permission(record: RecordReader): PermissionDetails {
  return { labels: record.texts('labels', SHORT), series: record.texts('series'), reason: record.text('reason') }
}

function keySlot(record: RecordReader): KeySlotDetails {
  return { label: record.text('label', SHORT) }
}

function grant(record: RecordReader): GrantDetails {
  return { command: record.text('command'), target: record.text('target'), series: record.text('series'), reason: record.text('reason') }
}

function reason(record: RecordReader): ReasonDetails {
  return { reason: record.text('reason') }
}

function accepted(record: RecordReader): AcceptedDetails {
  return { reason: record.text('reason'), lostSequence: record.uint('lostSequence'), lostHash: record.bytes('lostHash', 32) }
}

function none(): Readonly<Record<string, never>> {
  return {}
}

const detailsReaders = {
  repository_created: genesis,
  snapshot_created: readSnapshotDetails,
  tag_set: tag,
  tag_removed: tag,
  permission_change: permission,
  key_slot_added: keySlot,
  key_slot_removed: keySlot,
  checkpoint: none,
  attest: none,
  features_set: none,
  grant_issued: grant,
  grant_revoked: reason,
  journal_accepted: accepted,
  audit_batch: none,
} as const satisfies Partial<Record<EventName, (record: RecordReader) => object>>

type Readers = typeof detailsReaders

/** The details of an event; a free map where SPEC §7.4 says so. */
export type DetailsOf<E extends EventName> = E extends keyof Readers ? ReturnType<Readers[E]> : CborRecord

/**
 * The raw details of an entry, to be sealed. SPEC §7.1
 * @throws {FormatError} when they have not the event's form.
 */
export function encodeDetails<E extends EventName>(event: E, details: DetailsOf<E>): Buffer {
  const raw = encodeCbor(details as CborValue)
  decodeDetails(event, raw)
  return raw
}

/**
 * The details of an event from their raw bytes. SPEC §7.4
 * @throws {FormatError} `<event>-details-*` when they have not the event's form.
 */
export function decodeDetails<E extends EventName>(event: E, raw: Uint8Array): DetailsOf<E> {
  const name = `${event.replaceAll('_', '-')}-details`
  const value = decodeCbor(raw, name)
  if (!Object.hasOwn(detailsReaders, event)) return asRecord(value, `${name}-form`, name) as DetailsOf<E>
  const record = new RecordReader(name, value)
  const details = detailsReaders[event as keyof Readers](record)
  record.end()
  return details as DetailsOf<E>
}
