import type { Id } from './bytes.ts'
import { decodeCbor, encodeCbor } from './cbor.ts'
import { RecordReader } from './record-reader.ts'

/** A writer's sign of life. SPEC §5.5 */
export interface Lease {
  readonly repository: Id
  /** 16 bytes: the operation that it belongs to. */
  readonly operation: Uint8Array
  /** Counts the renewals, from 0. */
  readonly renewal: number
  /** Member id of who signs. */
  readonly member: Id
  /** The last journal entry that the writer had read. */
  readonly sequence: number
  /** Milliseconds since 1970, by the writer's clock. */
  readonly time: number
  readonly ttlMs: number
}

/** The bytes that are signed. SPEC §5.5 */
export function encodeLease(lease: Lease): Buffer {
  const { repository, operation, renewal, member, sequence, time, ttlMs } = lease
  return encodeCbor({ v: 1, repository, operation, renewal, member, sequence, time, ttlMs })
}

/**
 * The lease of exactly these bytes. SPEC §5.5
 * @throws {FormatError} `lease-*` when it is none.
 */
export function decodeLease(bytes: Uint8Array): Lease {
  const record = new RecordReader('lease', decodeCbor(bytes, 'lease'))
  record.version('v', 1)
  const lease: Lease = {
    repository: record.bytes('repository', 32),
    operation: record.bytes('operation', 16),
    renewal: record.uint('renewal'),
    member: record.bytes('member', 32),
    sequence: record.uint('sequence'),
    time: record.int('time'),
    ttlMs: record.uint('ttlMs'),
  }
  record.end()
  return lease
}
