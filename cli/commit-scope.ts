// Which series a commit goes on with, and which rows of the catalog stand for what its last commit saw.

import os from 'node:os'
import type { Session } from '../src/control/session/session.ts'
import type { CommitOptions } from '../src/operations/commit/commit.ts'
import type { CommitArgs, SourceOf } from './commit-options.ts'
import { seriesArgument } from './snapshot-argument.ts'

/** The name of the series. @throws {UsageError} `series-name`, and where the series began with another source */
export async function seriesOf({ repository }: Session, args: CommitArgs, source: SourceOf): Promise<string> {
  if (args.name !== undefined) return seriesArgument(args.name)
  const assertSource = await sourceCheck(args, source)
  assertSource?.(repository.journal.state)
  return source.defaultName
}

/** A series that nobody named goes on with the source that it began with; undefined where somebody named it. */
export async function sourceCheck(args: CommitArgs, { root, defaultName }: SourceOf): Promise<CommitOptions['assertSource']> {
  if (args.name !== undefined) return undefined
  const { assertSameSource } = await import('../src/operations/commit/series.ts')
  return (state) => assertSameSource(state, defaultName, { root, host: os.hostname() })
}

/** The rows of what the last commit of this scope saw: kept after the journal entry stands, dropped when it does not come to that. */
export async function captureCache(session: Session, args: CommitArgs, source: SourceOf, series: string, patterns: readonly string[]) {
  const { CaptureRows } = await import('../src/control/catalog/capture-rows.ts')
  const { repository, home } = session
  const switches = `caches=${args.excludeCaches} one-file-system=${args.oneFileSystem}`
  const scope = [repository.id, series, source.root.path, ...source.root.roots.map(({ at }) => at), '\0', ...patterns, switches]
  const { holdsAny } = await import('../src/operations/commit/held-objects.ts')
  const damaged = session.catalog.damagedPacks(repository.id)
  let rows: ReturnType<typeof CaptureRows.open>
  return {
    openCache: (held: readonly string[]) => (rows = CaptureRows.open(home.cacheDirectory, scope, held)),
    // Rows stand for chunks in packs: while some are damaged, every file is read again and what is lost is stored anew. One that somebody
    // has deleted is not relied on anyway.
    rereads: (held: readonly string[]) => args.reread || holdsAny(held, damaged),
    keep: (reliesOn: readonly string[]) => rows?.keep(reliesOn),
    drop: () => rows?.drop(),
  }
}
