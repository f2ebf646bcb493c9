import { equalBytes, toHex } from '../../../format/bytes.ts'
import { type EventName, isEventName, rolesAllow } from '../../../format/events.ts'
import { decodeSigned } from '../../../format/journal.ts'
import { decodeSpoolRecord, type SpoolRecord } from '../../../format/spool.ts'
import { FormatError } from '../../errors.ts'
import { verifySignature } from '../crypto/signing.ts'
import { SPOOL_RECORD_BYTES } from './spool-files.ts'
import type { JournalState } from './state.ts'

export type KnownRecord = SpoolRecord & { readonly event: EventName }

/** Why a spool record does not count. `twice`: it stands in an earlier batch already. */
export type RecordProblem = 'form' | 'repository' | 'member' | 'signature' | 'role' | 'twice'

export type RecordVerdict = { readonly record: KnownRecord } | { readonly problem: RecordProblem }

/** Whether a spool record counts: its own member signed it and may write its event, whoever carried it here. SPEC §7.6 */
export function judgeRecord(state: JournalState, bytes: Uint8Array): RecordVerdict {
  try {
    const [inner, signature] = decodeSigned(bytes, SPOOL_RECORD_BYTES)
    return judgeSigned(state, decodeSpoolRecord(inner), inner, signature)
  } catch (error) {
    if (error instanceof FormatError) {
      return { problem: 'form' }
    }
    throw error
  }
}

function judgeSigned(state: JournalState, record: SpoolRecord, inner: Buffer, signature: Buffer): RecordVerdict {
  const member = state.members.get(toHex(record.member))
  const { event } = record
  if (!equalBytes(record.repository, state.repository)) {
    return { problem: 'repository' }
  }
  if (member === undefined) {
    return { problem: 'member' }
  }
  if (!verifySignature('spool-record', state.repository, member.key, inner, signature)) {
    return { problem: 'signature' }
  }
  return isEventName(event) && rolesAllow(event, member.roles) ? { record: { ...record, event } } : { problem: 'role' }
}
