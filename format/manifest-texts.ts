// What people write about a snapshot (SPEC §6.5): a manifest has it, and the journal's entry (§7.4).

import { LIMITS } from './limits.ts'
import type { RecordReader } from './record-reader.ts'

/** For descriptions. SPEC §10 */
export const LONG = { maxBytes: LIMITS.descriptionBytes } as const

/** For all other texts, and labels. SPEC §10 */
export const SHORT = { maxBytes: LIMITS.textBytes } as const

/** The field `tags` of a record. */
export function readManifestTags(record: RecordReader): Record<string, string> {
  return record.texts('tags', { max: LIMITS.manifestTags, ...SHORT })
}
