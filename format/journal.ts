// A journal entry (SPEC §7.1), without its signature. Whether its event and clear fields are allowed is asked of events.ts.

import { type Id, isZero } from './bytes.ts'
import { type CborRecord, decodeCbor, encodeCbor } from './cbor.ts'
import { FormatError } from './format-error.ts'
import { FRAME_HEADER_BYTES } from './frame.ts'
import { asRecord, RecordReader } from './record-reader.ts'

export { decodeSigned, encodeSigned } from './signed.ts'

/** Salt, frame header and tag: what sealed details have at least. */
const SEALED_DETAILS_MIN_BYTES = 32 + FRAME_HEADER_BYTES + 16

export const GENESIS_EVENT = 'repository_created'

export interface JournalEntry {
  /** Zero in entry 0. */
  readonly repository: Id
  readonly sequence: number
  /** Link of the sequence before (SPEC §7.1); zero in entry 0. */
  readonly previous: Id
  /** 16 random bytes. */
  readonly operation: Uint8Array
  /** Member id of who signs. */
  readonly member: Id
  readonly event: string
  /** Milliseconds since 1970; information only. */
  readonly time: number
  readonly clear: CborRecord
  /** Empty, or salt and sealed details. */
  readonly sealed: Uint8Array
}

/** The bytes that are signed. SPEC §7.1 */
export function encodeJournalEntry(entry: JournalEntry): Buffer {
  const { repository, sequence, previous, operation, member, event, time, clear, sealed } = entry
  return encodeCbor({ v: 1, repository, sequence, previous, operation, member, event, time, clear, sealed })
}

/** The entry with `sealed` empty: what is bound to the details. SPEC §7.1 */
export function entryWithEmptySealed(entry: JournalEntry): Buffer {
  return encodeJournalEntry({ ...entry, sealed: Buffer.alloc(0) })
}

/**
 * The entry of exactly these bytes; byte strings are views. SPEC §7.1
 * @throws {FormatError} `journal-entry-*`, `genesis-*` or `cbor-*`.
 */
export function decodeJournalEntry(bytes: Uint8Array): JournalEntry {
  const record = new RecordReader('journal-entry', decodeCbor(bytes, 'journal entry'))
  record.version('v', 1)
  const entry: JournalEntry = {
    repository: record.bytes('repository', 32),
    sequence: record.uint('sequence'),
    previous: record.bytes('previous', 32),
    operation: record.bytes('operation', 16),
    member: record.bytes('member', 32),
    event: record.text('event'),
    time: record.int('time'),
    clear: asRecord(record.value('clear'), 'journal-entry-clear', 'the clear fields'),
    sealed: readSealed(record),
  }
  record.end()
  checkGenesis(entry)
  return entry
}

/** The field `sealed` of an entry or spool record. */
export function readSealed(record: RecordReader): Buffer {
  const sealed = record.bytes('sealed')
  if (sealed.length > 0 && sealed.length < SEALED_DETAILS_MIN_BYTES)
    record.refuse('sealed', `has ${sealed.length} bytes, too few for details`)
  return sealed
}

function checkGenesis(entry: JournalEntry): void {
  const genesis = entry.sequence === 0
  if (genesis !== (entry.event === GENESIS_EVENT)) {
    throw new FormatError('genesis-event', `the entry ${entry.sequence} has the event ${JSON.stringify(entry.event.slice(0, 64))}`)
  }
  if (genesis !== isZero(entry.repository)) {
    throw new FormatError('genesis-repository', `the repository id of entry ${entry.sequence} is ${genesis ? 'not ' : ''}zero`)
  }
  if (genesis && !isZero(entry.previous)) throw new FormatError('genesis-previous', 'entry 0 names an entry before it')
}
