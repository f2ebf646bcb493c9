// How people name snapshots: id prefix, `latest`, `latest~2`, SERIES, SERIES~1, SERIES@2026-11-20T10:00, or a tag.

import { equalBytes, toHex } from '../../../format/bytes.ts'
import { seriesNameOfPath } from '../../../format/names.ts'
import { NotFoundError, StopError, UsageError } from '../../errors.ts'
import { isoTime, parseTime } from '../../runtime/clock.ts'
import type { JournalState, SnapshotRecord } from './state.ts'

const TIME = /\d{4}-\d\d-\d\d(?:[T ]\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?)?/.source
const NAME = new RegExp(`^(?<base>[^~@:]+)(?:~(?<back>\\d{1,9})|@(?<time>${TIME}))?(?::(?<path>.*))?$`, 's')
/** Read as a name and a path it would be an hour, and a file called `14~1`. */
const TIME_AND_BACK = new RegExp(`^[^~@:]+@${TIME}~`)
const SERIES_AND_TIME = /^[^~@:]+@/
const ID_PREFIX = /^[0-9a-f]{4,64}$/
const SHORT_ID = /^[0-9a-f]{1,3}$/

/** A name with the path behind its colon, as it was typed. */
export interface SnapshotPath {
  readonly name: string
  /** Undefined without a colon. */
  readonly path: string | undefined
}

/** Splits `NAME:PATH`; times in names have colons of their own. @throws {UsageError} `snapshot-name` when it is no name, `snapshot-time` when its time is none. */
export function splitSnapshotPath(text: string): SnapshotPath {
  const path = parseName(text).path
  return { name: path === undefined ? text : text.slice(0, text.length - path.length - 1), path }
}

/**
 * The snapshot that a name means. `latest` counts over all series, `SERIES` and whatever else over one; a series that was named after
 * an absolute path goes by that, too; `~N` goes N snapshots back,
 * `@TIME` to the last one made at or before a time.
 * @throws {NotFoundError} `snapshot-not-found`; {StopError} `ambiguous-snapshot`; {UsageError} `snapshot-name`, `snapshot-time`.
 */
export function resolveSnapshot(state: JournalState, name: string): SnapshotRecord {
  const { base, back, time, path } = parseName(name)
  if (path !== undefined) throw badName(name)
  const newest = newestOf(state, base)
  if (newest === undefined) throw notFound(state, name)
  const line = lineOf(state, base, newest)
  if (time !== undefined) return at(line, name, time)
  return line.at(-1 - (back ?? 0)) ?? tooFarBack(name, line.length)
}

interface ParsedName {
  readonly base: string
  readonly back: number | undefined
  /** Milliseconds since 1970. */
  readonly time: number | undefined
  readonly path: string | undefined
}

function parseName(text: string): ParsedName {
  if (TIME_AND_BACK.test(text)) throw timeAndBack(text)
  const { base, back, time, path } = NAME.exec(text)?.groups ?? {}
  if (base === undefined) throw SERIES_AND_TIME.test(text) ? badTime(text) : badName(text)
  const ms = time === undefined ? undefined : timeOf(time, text)
  return { base, back: back === undefined ? undefined : Number(back), time: ms, path }
}

/** A time without a zone is UTC, as `log` prints it; without minutes or seconds the whole hour or minute counts, without a time the whole day. */
function timeOf(time: string, name: string): number {
  const [, day, hour, minute, second, zone = ''] =
    /^(.{10})(?:[T ](\d\d)(?::(\d\d)(?::(\d\d(?:\.\d+)?))?)?)?(Z|[+-]\d\d:?\d\d)?$/.exec(time) ?? []
  const ms = parseTime(`${day}T${hour ?? '23'}:${minute ?? '59'}:${second ?? '59.999'}${zone}`)
  if (Number.isNaN(ms) || !isDay(day!)) throw badTime(name)
  return ms
}

/** Days beyond the end of a month would else count as days of the next. */
function isDay(day: string): boolean {
  const ms = parseTime(`${day}T00:00:00Z`)
  return !Number.isNaN(ms) && isoTime(ms).startsWith(day)
}

function newestOf(state: JournalState, base: string): SnapshotRecord | undefined {
  if (base === 'latest') return state.snapshots.at(-1)
  if (ID_PREFIX.test(base.toLowerCase())) return byPrefix(state, base.toLowerCase())
  const tagged = state.tags.get(base)
  const snapshot = tagged && state.snapshots.findLast(({ manifest }) => equalBytes(manifest, tagged))
  const head = state.heads.get(base) ?? (base.startsWith('/') ? state.heads.get(seriesNameOfPath(base) ?? '') : undefined)
  if (snapshot !== undefined && head !== undefined && snapshot !== head)
    throw ambiguous(base, [snapshot, head], 'It is a tag and a series: name the snapshot by its id, or take the tag away.')
  return snapshot ?? head
}

function byPrefix(state: JournalState, prefix: string): SnapshotRecord | undefined {
  const found = state.snapshots.filter(({ manifest }) => toHex(manifest).startsWith(prefix))
  if (found.length > 1) throw ambiguous(prefix, found)
  return found[0]
}

/** The snapshots among which `~` and `@` count, oldest first, up to the one that the base means. */
function lineOf(state: JournalState, base: string, newest: SnapshotRecord): readonly SnapshotRecord[] {
  const line = base === 'latest' ? state.snapshots : state.snapshots.filter(({ details }) => details.series === newest.details.series)
  return line.slice(0, line.indexOf(newest) + 1)
}

function at(line: readonly SnapshotRecord[], name: string, time: number): SnapshotRecord {
  const found = line.findLast(({ details }) => details.createdAt <= time)
  if (found !== undefined) return found
  throw new NotFoundError('snapshot-not-found', `No snapshot is as old as '${name}' asks.`, {
    hint: `The oldest is of ${isoTime(line[0]!.details.createdAt)}.`,
    fields: { name },
  })
}

function tooFarBack(name: string, count: number): never {
  const hint = count === 1 ? 'There is only one to count from there.' : `There are only ${count} to count from there.`
  throw new NotFoundError('snapshot-not-found', `There is no snapshot as far back as '${name}'.`, { hint, fields: { name } })
}

function notFound(state: JournalState, name: string): NotFoundError {
  const hint =
    state.snapshots.length === 0
      ? "This repository has no snapshot yet: make one with 'cairn commit PATH'."
      : SHORT_ID.test(name.toLowerCase())
        ? "Of an id give at least 4 digits. 'cairn log' lists the snapshots."
        : "'cairn log' lists the snapshots."
  return new NotFoundError('snapshot-not-found', `There is no snapshot '${name}'.`, { hint, fields: { name } })
}

function ambiguous(name: string, snapshots: readonly SnapshotRecord[], hint = 'Give more digits of the id.'): StopError {
  const candidates = snapshots.map(
    ({ manifest, details }) => `${toHex(manifest).slice(0, 16)} (${details.series}, ${isoTime(details.createdAt)})`,
  )
  return new StopError('ambiguous-snapshot', `'${name}' could be ${snapshots.length} snapshots: ${candidates.join('; ')}.`, {
    hint,
    fields: { name, candidates: snapshots.map(({ manifest }) => toHex(manifest)) },
  })
}

function badName(name: string): UsageError {
  return new UsageError('snapshot-name', `'${name}' names no snapshot.`, {
    hint: 'Use the beginning of an id, latest, latest~2, SERIES, SERIES~1, SERIES@2026-11-20T10:00, or a tag.',
  })
}

function timeAndBack(name: string): UsageError {
  return new UsageError('snapshot-name', `In '${name}', ~ cannot follow a time.`, {
    hint: 'Name an earlier time, or count back from the newest: SERIES~1.',
  })
}

function badTime(name: string): UsageError {
  const at = name.indexOf('@') + 1
  return new UsageError('snapshot-time', `In '${name}', '${name.slice(at)}' is no date or time that exists.`, {
    hint: `Write a day or a time of a day, as in ${name.slice(0, at)}2026-11-20 or ${name.slice(0, at)}2026-11-20T10:00`,
  })
}
