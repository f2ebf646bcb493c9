// The verb `commit`: captures a root into a new snapshot of a series. The journal entry at the end is the only commit point; until
// then nothing is seen of it, and what was stored is found by the next commit. SPEC §3.2, §9.2.

import type { Manifest } from '../../../format/manifest.ts'
import { Lease } from '../../repository/lease.ts'
import type { Repository } from '../../repository/repository.ts'
import { monotonicMs, now } from '../../runtime/clock.ts'
import { randomBytes } from '../../runtime/random.ts'
import { checkpointAfter } from './commit-checkpoint.ts'
import { assertMayCommit } from './commit-entry.ts'
import { manifestOf } from './commit-manifest.ts'
import type { CommitOptions } from './commit-options.ts'
import { CommitRun } from './commit-run.ts'
import { ownDirectory } from './own-repository.ts'
import { publish } from './publish.ts'

export type { CommitOptions, CommitProgress, SnapshotFacts } from './commit-options.ts'

export interface CommitOutcome {
  readonly manifestId: Buffer
  readonly manifest: Manifest
  readonly sequence: number
  readonly newBytes: number
  readonly storedBytes: number
  readonly durationMs: number
  /** Where the repository itself lies below the root; it is left out. */
  readonly ownDirectories: readonly Buffer[]
  /** The objects that the catalog's rows of this commit rely on. */
  readonly reliesOn: readonly string[]
}

/** Commits a root as the next snapshot of its series. @throws {AccessError} when this member may not; {CancelledError}; store errors. */
export async function commit(repository: Repository, options: CommitOptions): Promise<CommitOutcome> {
  const startedAt = now()
  const startedMs = monotonicMs()
  await repository.journal.refresh()
  assertMayCommit(repository, repository.journal.state, options.facts.series)
  const own = ownDirectory(repository, options)
  const operation = randomBytes(16)
  const lease = await Lease.take(repository, operation)
  try {
    // A backup into a store that lost a part of its journal would be one that nobody else can open.
    const whole = repository.journal.assertWhole()
    whole.catch(() => undefined) // it is awaited later
    const run = new CommitRun(repository, options, own, startedAt)
    const captured = await run.capture()
    await whole
    const time = { startedAt, durationMs: Math.round(monotonicMs() - startedMs) }
    const { id, manifest, entry } = await publish(repository, manifestOf(repository, options, captured, time), options.assertSource)
    await checkpointAfter(repository, options.onRemark)
    const { newBytes, storedBytes } = manifest.statistics
    const { durationMs } = manifest
    const outcome = { manifestId: id, manifest, sequence: entry.sequence, newBytes, storedBytes, durationMs }
    return { ...outcome, ownDirectories: own.foundAt, reliesOn: captured.reliesOn }
  } finally {
    await lease.release()
  }
}
