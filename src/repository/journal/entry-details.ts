import type { Id } from '../../../format/bytes.ts'
import { seriesTagInput } from '../../../format/derivations.ts'
import { type DetailsOf, decodeDetails, encodeDetails } from '../../../format/details.ts'
import type { EventName } from '../../../format/events.ts'
import { entryWithEmptySealed, type JournalEntry } from '../../../format/journal.ts'
import { SERIES_TAG_BYTES } from '../../../format/member.ts'
import { recordWithEmptySealed, type SpoolRecord } from '../../../format/spool.ts'
import { FormatError, IntegrityError } from '../../errors.ts'
import { hmacSha256 } from '../crypto/hash.ts'
import { openDetails, sealDetails } from '../crypto/symmetric.ts'

/** The tag of a series: what names it to whoever lacks the journal key. SPEC §7.2 */
export function seriesTag(journalKey: Uint8Array, name: string): Buffer {
  return hmacSha256(journalKey, seriesTagInput(name)).subarray(0, SERIES_TAG_BYTES)
}

type Sealable = Pick<JournalEntry, 'repository' | 'sealed'>

/** The entry with its details sealed under a fresh salt. SPEC §7.1 */
export function withDetails<E extends EventName>(
  entry: JournalEntry,
  event: E,
  details: DetailsOf<E>,
  journalKey: Uint8Array,
): JournalEntry {
  return { ...entry, sealed: seal(entry, entryWithEmptySealed(entry), event, details, journalKey) }
}

/** The spool record with its details sealed under a fresh salt. SPEC §7.6 */
export function recordWithDetails<E extends EventName>(
  record: SpoolRecord,
  event: E,
  details: DetailsOf<E>,
  journalKey: Uint8Array,
): SpoolRecord {
  return { ...record, sealed: seal(record, recordWithEmptySealed(record), event, details, journalKey) }
}

/**
 * The details of an entry; undefined when it has none, or they do not open or have not the event's form. Details never decide
 * whether an entry is valid (SPEC §7.3), so whoever wrote bad ones stops nobody.
 */
export function readDetails<E extends EventName>(entry: JournalEntry, event: E, journalKey: Uint8Array): DetailsOf<E> | undefined {
  return read(entry, entryWithEmptySealed(entry), event, journalKey)
}

/** The details of a spool record, as `readDetails`. */
export function readRecordDetails<E extends EventName>(record: SpoolRecord, event: E, journalKey: Uint8Array): DetailsOf<E> | undefined {
  return read(record, recordWithEmptySealed(record), event, journalKey)
}

function seal<E extends EventName>(
  { repository }: { readonly repository: Id },
  unsealed: Buffer,
  event: E,
  details: DetailsOf<E>,
  journalKey: Uint8Array,
): Buffer {
  return sealDetails(encodeDetails(event, details), { repository, journalKey, unsealed })
}

function read<E extends EventName>(
  { repository, sealed }: Sealable,
  unsealed: Buffer,
  event: E,
  journalKey: Uint8Array,
): DetailsOf<E> | undefined {
  if (sealed.length === 0) {
    return undefined
  }
  try {
    return decodeDetails(event, openDetails(sealed, { repository, journalKey, unsealed }))
  } catch (error) {
    if (error instanceof FormatError || error instanceof IntegrityError) {
      return undefined
    }
    throw error
  }
}
