// The verb `commit`: captures a root into a new snapshot of a series. The journal entry at the end is the only commit point; until
// then nothing is seen of it, and what was stored is found by the next commit. SPEC §3.2, §9.2.

import type { Manifest } from '../../../format/manifest.ts'
import type { JournalState } from '../../repository/journal/state.ts'
import { Lease } from '../../repository/lease.ts'
import type { Repository } from '../../repository/repository.ts'
import { monotonicMs, now } from '../../runtime/clock.ts'
import { randomBytes } from '../../runtime/random.ts'
import type { ScopeRules } from '../../sources/filesystem/scope.ts'
import type { CaptureRoot } from '../../sources/filesystem/selection.ts'
import type { CaptureCache } from './cached-directory.ts'
import { checkpointAfter } from './commit-checkpoint.ts'
import { assertMayCommit } from './commit-entry.ts'
import { manifestOf } from './commit-manifest.ts'
import { CommitRun } from './commit-run.ts'
import { ownDirectory } from './own-repository.ts'
import { publish } from './publish.ts'

/** What a person or program says of a snapshot; absent texts are empty. SPEC §6.5 */
export type SnapshotFacts = Pick<
  Manifest,
  | 'series'
  | 'createdBy'
  | 'actor'
  | 'source'
  | 'description'
  | 'requestId'
  | 'environment'
  | 'host'
  | 'toolVersion'
  | 'applicationVersion'
  | 'storageSpecVersion'
  | 'tags'
  | 'excludes'
>

export interface CommitProgress {
  readonly files: number
  readonly bytes: number
  readonly readBytes: number
  readonly storedBytes: number
  readonly problems: number
}

export interface CommitOptions extends ScopeRules {
  readonly root: CaptureRoot
  /** Instead of files: one file of this name (latin1 text) with what the stream brings. */
  readonly stdin?: { readonly name: string; readonly stream: AsyncIterable<Uint8Array> }
  readonly facts: SnapshotFacts
  /** Asked of the state in which the snapshot is to stand; throws when the series has become another source's meanwhile. */
  readonly assertSource?: ((state: JournalState) => void) | undefined
  /** Gives the catalog's rows, given the objects that the store holds now; undefined to read every file. */
  readonly openCache?: (held: readonly string[]) => CaptureCache | undefined
  /** Whether every file is read again, also those that look unchanged, given the same objects; no unless told. */
  readonly rereads?: (held: readonly string[]) => boolean
  /** Packs, by id as hex, that verification found damaged: their chunks are stored again. */
  readonly damagedPacks?: ReadonlySet<string>
  readonly level?: number
  /** How many threads read and pack; 0 works in this thread. As many as there are cores unless told. */
  readonly threads?: number
  readonly onProgress?: (progress: CommitProgress) => void
  readonly onProblem?: (problem: { path: Uint8Array; kind: string; message: string }) => void
  /** Takes the place, below the root, at which the repository itself was come upon and left out. */
  readonly onOwnDirectory?: (path: Buffer) => void
  /** Takes what a person should know though the snapshot stands. */
  readonly onRemark?: (text: string) => void
  readonly signal?: AbortSignal
}

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
