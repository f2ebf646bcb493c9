// The journal's lines for people and programs.

import { type Id, toHex } from '../../format/bytes.ts'
import type { DetailsOf } from '../../format/details.ts'
import { type ClearOf, checkClear, EVENTS, type EventName, isEventName } from '../../format/events.ts'
import type { JournalLine, SpooledLine } from '../../src/repository/journal/entries.ts'
import { colour, dim, humanTime, plural } from './human.ts'
import { shortId } from './ids.ts'
import { cut, printableLine } from './path-text.ts'

/** Gives a member's name. */
export type LabelOf = (member: Id) => string

const EVENT_WIDTH = Math.max(...Object.keys(EVENTS).map((name) => name.length))
const LABEL_WIDTH = 16
const TIME_WIDTH = 19
const DETAILS_CHARACTERS = 160

/** One entry for programs. */
export function journalJson({ sequence, link, entry, details, voidReason, unreadable, records }: JournalLine, labelOf: LabelOf): object {
  if (entry === undefined) return { sequence, link: toHex(link), void: voidReason }
  const { member, event, time, operation, clear } = entry
  return {
    sequence,
    link: toHex(link),
    time,
    member: toHex(member),
    label: labelOf(member),
    event,
    operation: toHex(operation),
    // The records of a batch are told one by one.
    ...(records === undefined && { clear }),
    ...(details !== undefined && { details }),
    ...(unreadable === true && { unreadable }),
    ...(records !== undefined && { records: records.map((record) => recordJson(record, labelOf)) }),
  }
}

function recordJson({ record, details, problem }: SpooledLine, labelOf: LabelOf): object {
  return {
    ...(record !== undefined && { time: record.time, member: toHex(record.member), label: labelOf(record.member), event: record.event }),
    ...(details !== undefined && { details }),
    ...(problem !== undefined && { problem }),
  }
}

/** The heading of the lines. */
export function journalHeading(sequenceWidth: number): string {
  return columns(['entry'.padStart(sequenceWidth), 'time (UTC)', 'member', 'event', 'details'])
}

/** One entry for people, and a line for each record of an audit batch. */
export function journalText(
  { sequence, entry, details, voidReason, unreadable, records }: JournalLine,
  labelOf: LabelOf,
  sequenceWidth: number,
): string {
  const number = String(sequence).padStart(sequenceWidth)
  if (entry === undefined) return colour('red', columns([number, '', '', 'VOID', `counts for nothing: ${voidReason}`]))
  const remark = unreadable === true ? colour('red', ' (no effect: its details do not open)') : ''
  const line = columns([
    number,
    humanTime(entry.time).slice(0, TIME_WIDTH),
    labelOf(entry.member),
    entry.event,
    shortDetails(entry.event, entry.clear, details, labelOf),
  ])
  return [line + remark, ...(records ?? []).map((record) => recordText(record, labelOf, sequenceWidth))].join('\n')
}

function recordText({ record, details, problem }: SpooledLine, labelOf: LabelOf, sequenceWidth: number): string {
  const indent = '·'.padStart(sequenceWidth)
  if (record === undefined) return colour('red', columns([indent, '', '', 'record', `does not count: ${problem}`]))
  const line = columns([indent, humanTime(record.time).slice(0, TIME_WIDTH), labelOf(record.member), record.event, freeDetails(details)])
  return problem === undefined ? dim(line) : colour('red', `${line} (does not count: ${problem})`)
}

function columns([number = '', time = '', label = '', event = '', details = '']: readonly string[]): string {
  const parts = [
    number,
    time.padEnd(TIME_WIDTH),
    printableLine(label).padEnd(LABEL_WIDTH),
    event.padEnd(EVENT_WIDTH),
    cut(printableLine(details), DETAILS_CHARACTERS),
  ]
  return parts.join('  ').trimEnd()
}

type Short = { readonly [E in EventName]?: (clear: ClearOf<E>, details: DetailsOf<E> | undefined, labelOf: LabelOf) => string }

/** What matters of an event at a glance; the events that are missing here have free details. */
const SHORT: Short = {
  repository_created: ({ members }, details) => `${details?.name ?? ''}, ${plural(members.length, 'member')}`,
  snapshot_created: ({ manifest }, details) => `${shortId(manifest)} ${details?.series ?? ''} ${details?.description ?? ''}`,
  tag_set: ({ manifest }, details) => `${details?.name ?? '?'} → ${shortId(manifest)}${byProgram(details)}`,
  tag_removed: ({ manifest }, details) => `${details?.name ?? '?'} of ${shortId(manifest)}${byProgram(details)}`,
  permission_change: ({ add, remove }, details, labelOf) => permissionText(add, remove, details, labelOf),
  key_slot_added: ({ kind, slot }, details) => `${kind} ${details?.label ?? ''} ${shortId(slot)}`,
  key_slot_removed: ({ kind, slot }, details) => `${kind} ${details?.label ?? ''} ${shortId(slot)}`,
  checkpoint: ({ sequence }) => `of the state after entry ${sequence}`,
  attest: ({ packs }) => plural(packs.length / 32, 'pack'),
  features_set: (features) =>
    Object.entries(features)
      .map(([use, names]) => `${use}: ${(names as string[]).join(' ') || '-'}`)
      .join(', '),
  grant_issued: ({ grant }, details) => `${shortId(grant)} ${details?.command ?? ''} ${details?.target ?? ''} ${details?.series ?? ''}`,
  grant_revoked: ({ grant }, details) => `${shortId(grant)} ${details?.reason ?? ''}`,
  journal_accepted: ({ sequence }, details) =>
    `entry ${sequence} as the end, without entry ${details?.lostSequence ?? '?'}: ${details?.reason ?? ''}`,
  audit_batch: ({ records }) => plural(records.length, 'record'),
}

/** Behind a key that a person and her agents use, who it was this time. */
function byProgram({ actor = '' }: { readonly actor?: string } = {}): string {
  return actor === '' || actor.startsWith('person:') ? '' : ` by ${actor}`
}

function permissionText(
  add: ClearOf<'permission_change'>['add'],
  remove: readonly Id[],
  details: DetailsOf<'permission_change'> | undefined,
  labelOf: LabelOf,
): string {
  const labels = Object.values(details?.labels ?? {})
  const added = add.map(({ roles }, at) => `+${labels[at] ?? 'member'} (${roles.join(', ')})`)
  return [...added, ...remove.map((id) => `-${details?.labels[toHex(id)] ?? labelOf(id)}`), details?.reason ?? ''].join(' ')
}

function shortDetails(event: string, clear: Parameters<typeof checkClear>[1], details: object | undefined, labelOf: LabelOf): string {
  const short = isEventName(event)
    ? (SHORT[event] as ((clear: unknown, details: unknown, labelOf: LabelOf) => string) | undefined)
    : undefined
  return short === undefined || !isEventName(event) ? freeDetails(details) : short(checkClear(event, clear), details, labelOf)
}

/** The plain values of a free map; what is nested is for programs. */
function freeDetails(details: object = {}): string {
  return Object.entries(details)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value) && value !== '')
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}
