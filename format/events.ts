// The closed list of events (SPEC §7.4): who may write each, what stands in the clear, what may wait in the spool.

import type { CborRecord } from './cbor.ts'
import { type clearReaders, readClearFields } from './event-clear.ts'
import { FormatError } from './format-error.ts'
import type { Role } from './member.ts'

interface EventRule {
  readonly roles: readonly Role[]
  /** Whether it has no effect but the log, so that it may follow later in an audit batch. SPEC §7.6 */
  readonly spoolable?: true
}

const OWNER: EventRule = { roles: ['owner'] }
const OWNER_MAINTAINER: EventRule = { roles: ['owner', 'maintainer'] }
const OWNER_WRITER: EventRule = { roles: ['owner', 'writer'] }
const OWNER_READER: EventRule = { roles: ['owner', 'reader'] }
const BACKUP: EventRule = { ...OWNER_WRITER, spoolable: true }
const RESTORE: EventRule = { ...OWNER_READER, spoolable: true }
const CHECK: EventRule = { roles: ['owner', 'maintainer', 'reader'], spoolable: true }
const ACTION: EventRule = { roles: ['owner', 'maintainer', 'writer', 'reader', 'approver'], spoolable: true }

/** Every event that version 1 defines. SPEC §7.4 */
export const EVENTS = {
  repository_created: OWNER,
  snapshot_created: OWNER_WRITER,
  tag_set: OWNER_MAINTAINER,
  tag_removed: OWNER_MAINTAINER,
  permission_change: OWNER,
  key_slot_added: OWNER,
  key_slot_removed: OWNER,
  checkpoint: OWNER,
  attest: OWNER_READER,
  features_set: OWNER,
  grant_issued: OWNER,
  grant_revoked: OWNER,
  journal_accepted: OWNER,
  audit_batch: { roles: ['owner', 'maintainer', 'writer', 'reader', 'approver', 'witness'] },
  backup_started: BACKUP,
  backup_completed: BACKUP,
  backup_failed: BACKUP,
  restore_attempted: RESTORE,
  restore_completed: RESTORE,
  restore_failed: RESTORE,
  snapshot_restored: RESTORE,
  verify_completed: CHECK,
  verify_failed: CHECK,
  repair_completed: CHECK,
  repair_failed: CHECK,
  action_planned: ACTION,
  action_confirmed: ACTION,
  action_refused: ACTION,
  grant_used: ACTION,
} as const satisfies Record<string, EventRule>

export type EventName = keyof typeof EVENTS

/** Events that may wait in a spool. SPEC §7.6 */
export const SPOOLABLE: ReadonlySet<EventName> = new Set(
  (Object.keys(EVENTS) as EventName[]).filter((name) => (EVENTS[name] as EventRule).spoolable === true),
)

/** Names whose effect a later version defines; a version 1 implementation stops at them. SPEC §7.4 */
export const RESERVED_EVENTS: ReadonlySet<string> = new Set([
  'snapshot_deleted',
  'snapshot_undeleted',
  'prune_marked',
  'prune_swept',
  'policy_set',
  'snapshot_rewritten',
  'epoch_added',
  'promoted',
  'grafted',
  'plan_approved',
  'witness_head',
  'login_succeeded',
  'login_failed',
  'logged_out',
  'resource_created',
  'resource_updated',
  'resource_deleted',
  'bundle_exported',
  'bundle_imported',
  'release_created',
  'release_activated',
  'release_rolled_back',
  'guard_started',
  'guard_completed',
  'guard_failed',
  'drill_completed',
  'drill_failed',
  'erased',
])

export function isEventName(event: string): event is EventName {
  return Object.hasOwn(EVENTS, event)
}

export function isReservedEvent(event: string): boolean {
  return RESERVED_EVENTS.has(event)
}

export function isSpoolable(event: string): boolean {
  return isEventName(event) && SPOOLABLE.has(event)
}

/** Whether one of the roles may write the event. SPEC §7.4 */
export function rolesAllow(event: EventName, roles: readonly Role[]): boolean {
  const allowed: readonly Role[] = EVENTS[event].roles
  return roles.some((role) => allowed.includes(role))
}

type Readers = typeof clearReaders

/** The clear fields of an event, as checkClear returns them. */
export type ClearOf<E extends EventName> = E extends keyof Readers ? ReturnType<Readers[E]> : Readonly<Record<string, never>>

/**
 * The typed clear fields of an entry. SPEC §7.3, §7.4
 * @throws {FormatError} `event-reserved`, `event-unknown`, or `<event>-*` when the fields have not the event's form.
 */
export function checkClear<E extends EventName>(event: E, clear: CborRecord): ClearOf<E>
export function checkClear(event: string, clear: CborRecord): object
export function checkClear(event: string, clear: CborRecord): object {
  if (isReservedEvent(event)) {
    throw new FormatError('event-reserved', `the event ${event} is reserved for a later version`, {
      hint: 'A newer version of the program knows it.',
    })
  }
  if (!isEventName(event)) throw new FormatError('event-unknown', `${JSON.stringify(event.slice(0, 64))} is not an event`)
  return readClearFields(event, clear)
}
