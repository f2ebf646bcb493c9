// Which series a commit belongs to when nobody says: the path that is captured names it, and it stays with that source.

import { seriesNameOfPath } from '../../../format/names.ts'
import { UsageError } from '../../errors.ts'
import type { JournalState } from '../../repository/journal/state.ts'
import type { CaptureRoot } from '../../sources/filesystem/selection.ts'

/**
 * The series of a source that is a single path or a stream: its path without the slash in front, in the letters of SPEC §7.2.
 * @throws {UsageError} `series-needed` when no name can be made of it.
 */
export function defaultSeries(path: string): string {
  const name = seriesNameOfPath(path)
  if (name !== undefined) return name
  throw new UsageError('series-needed', `No series name can be made of ${path}.`, { hint: 'Give one with --name SERIES.' })
}

/**
 * Refuses to go on with a series that belongs to another source: its history would jump between two trees.
 * @throws {UsageError} `series-of-another-source`.
 */
export function assertSameSource(state: JournalState, series: string, source: { readonly root: CaptureRoot; readonly host: string }): void {
  const head = state.heads.get(series)
  if (head === undefined) return
  const { roots, host } = head.details
  const here = source.root.roots.map(({ path }) => path.toString('utf8'))
  if (host === source.host && roots.length === here.length && roots.every((root, index) => root === here[index])) return
  const message = `The series '${series}' holds ${roots.join(', ')} of host ${host}, and this is ${here.join(', ')} of host ${source.host}.`
  throw new UsageError('series-of-another-source', message, {
    hint: `Give another series with --name, or --name ${series} if you mean this one.`,
  })
}
