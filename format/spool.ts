import type { Id } from './bytes.ts'
import { decodeCbor, encodeCbor } from './cbor.ts'
import { isSpoolable } from './events.ts'
import { FormatError } from './format-error.ts'
import { readSealed } from './journal.ts'
import { RecordReader } from './record-reader.ts'

/** An event that could not be written to the store yet. SPEC §7.6 */
export interface SpoolRecord {
  readonly repository: Id
  /** 16 random bytes. */
  readonly operation: Uint8Array
  /** Member id of who signs. */
  readonly member: Id
  readonly event: string
  readonly time: number
  readonly sealed: Uint8Array
}

/** The bytes that are signed. SPEC §7.6 */
export function encodeSpoolRecord(fields: SpoolRecord): Buffer {
  const { repository, operation, member, event, time, sealed } = fields
  return encodeCbor({ v: 1, repository, operation, member, event, time, sealed })
}

/** The record with `sealed` empty: what is bound to the details. SPEC §7.6 */
export function recordWithEmptySealed(fields: SpoolRecord): Buffer {
  return encodeSpoolRecord({ ...fields, sealed: Buffer.alloc(0) })
}

/**
 * The spool record of exactly these bytes. SPEC §7.6
 * @throws {FormatError} `spool-record-*` when it is none, or its event may not be spooled.
 */
export function decodeSpoolRecord(bytes: Uint8Array): SpoolRecord {
  const record = new RecordReader('spool-record', decodeCbor(bytes, 'spool record'))
  record.version('v', 1)
  const result: SpoolRecord = {
    repository: record.bytes('repository', 32),
    operation: record.bytes('operation', 16),
    member: record.bytes('member', 32),
    event: record.text('event'),
    time: record.int('time'),
    sealed: readSealed(record),
  }
  record.end()
  if (!isSpoolable(result.event)) {
    throw new FormatError('spool-record-event', `the event ${JSON.stringify(result.event.slice(0, 64))} may not be spooled`)
  }
  return result
}
