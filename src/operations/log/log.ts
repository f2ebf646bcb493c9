// The verb `log`: the snapshots as the journal tells them. No manifest is opened, so it costs the same for ten thousand of them.

import { toHex } from '../../../format/bytes.ts'
import { NotFoundError } from '../../errors.ts'
import type { JournalState, SnapshotRecord } from '../../repository/journal/state.ts'

const SHOWN_SERIES = 10

export interface LogOptions {
  /** Only this series. */
  readonly series?: string | undefined
  /** At most so many; at least 1. */
  readonly limit?: number | undefined
}

export interface LogLine {
  readonly snapshot: SnapshotRecord
  /** Names of tags on it. */
  readonly tagNames: readonly string[]
}

/** Snapshots, newest first. @throws {NotFoundError} `series-not-found` when there is no such series. */
export function log(state: JournalState, { series, limit = Infinity }: LogOptions = {}): LogLine[] {
  if (series !== undefined && !state.heads.has(series)) throw noSeries(state, series)
  const names = tagNames(state)
  const lines: LogLine[] = []
  for (const snapshot of state.snapshots.toReversed()) {
    if (lines.length >= limit) break
    if (series !== undefined && snapshot.details.series !== series) continue
    lines.push({ snapshot, tagNames: names.get(toHex(snapshot.manifest)) ?? [] })
  }
  return lines
}

/** Tag names by manifest id. */
function tagNames(state: JournalState): Map<string, string[]> {
  const names = new Map<string, string[]>()
  for (const [name, manifest] of state.tags) {
    const id = toHex(manifest)
    names.set(id, [...(names.get(id) ?? []), name])
  }
  return names
}

function noSeries(state: JournalState, series: string): NotFoundError {
  const known = [...state.heads.keys()]
  const [shown, left] = [known.slice(0, SHOWN_SERIES), known.length - SHOWN_SERIES]
  const names = `${shown.join(', ')}${left > 0 ? `, … and ${left} more` : ''}`
  const hint = known.length === 0 ? 'This repository has no snapshot yet.' : `Its series are: ${names}.`
  return new NotFoundError('series-not-found', `There is no series '${series}'.`, { hint, fields: { series } })
}
