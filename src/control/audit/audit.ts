// The audit trail: what was tried, decided and done stands in the journal beside what it changed (SPEC §7.4). An event that the store
// does not take waits in a signed spool under the client's home, and follows with the next that it takes (SPEC §7.6).

import os from 'node:os'
import path from 'node:path'
import { toHex } from '../../../format/bytes.ts'
import type { CborRecord } from '../../../format/cbor.ts'
import { type EventName, rolesAllow } from '../../../format/events.ts'
import { type DrainReport, type RecordedEvent, recordEvent, Spool } from '../../repository/journal/spool.ts'
import { voidEnd } from '../../repository/journal/void-end.ts'
import type { Session } from '../session/session.ts'

/** What recording needs of a session. */
export type AuditPlace = Pick<Session, 'actor' | 'home' | 'repository'>

/** Events that only stand in the log. */
export type AuditEvent =
  | Extract<EventName, `backup_${string}` | `restore_${string}` | `verify_${string}` | `repair_${string}` | `action_${string}`>
  | 'snapshot_restored'
  | 'grant_used'

/**
 * Writes an event to the journal, and what waits in the spool after it; when the store does not take it, or the journal's last slots
 * are void, to the spool. Undefined when this member may not write such an event, so that nobody would believe it.
 * @throws {StoreError} `spool-io` when the spool fails, too: then nothing stands anywhere; {StopError} as `Journal.append`.
 */
export async function audit(place: AuditPlace, event: AuditEvent, details: CborRecord): Promise<RecordedEvent | undefined> {
  if (!mayRecord(place, event)) return undefined
  const { journal, signing } = place.repository
  return recordEvent(mustWait(place) ? undefined : journal, spoolOf(place), signing, event, withActor(place, details))
}

/** Keeps an event in the spool, without asking the store; it follows with the next `audit` or `flushAudit`. As `audit` otherwise. */
export async function auditLater(place: AuditPlace, event: AuditEvent, details: CborRecord): Promise<void> {
  if (mayRecord(place, event)) await spoolOf(place).add(event, withActor(place, details))
}

/** Writes what waits in the spool to the journal, unless it must wait on. @throws {StoreError} when the store does not take it. */
export async function flushAudit(place: AuditPlace): Promise<DrainReport> {
  if (mustWait(place)) return { sent: 0, aside: [] }
  return spoolOf(place).drain(place.repository.journal)
}

/** How many events wait in the spool of this machine. */
export async function waitingEvents(place: AuditPlace): Promise<number> {
  return spoolOf(place).pending()
}

/** Behind void slots an entry would shut out what was damaged there, and what a copy of the store may bring back. */
function mustWait({ repository }: AuditPlace): boolean {
  return voidEnd(repository.journal.state).length > 0
}

function mayRecord({ repository }: AuditPlace, event: AuditEvent): boolean {
  const member = repository.keys.signing && repository.journal.member(repository.keys.signing.memberId)
  return member !== undefined && rolesAllow(event, member.roles)
}

function spoolOf({ home, repository }: AuditPlace): Spool {
  const directory = path.join(home.directory, 'spool', toHex(repository.id))
  return new Spool({ directory, repository: repository.id, journalKey: repository.writeKeys.journal, signing: repository.signing })
}

function withActor({ actor }: AuditPlace, details: CborRecord): CborRecord {
  return { actor, host: os.hostname(), ...details }
}
