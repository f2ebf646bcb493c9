// A commit that stores nothing: the same walk, but what would be read is only opened and counted. It tells what a commit would have to
// do now.

import type { ManifestProblem } from '../../../format/manifest.ts'
import type { Repository } from '../../repository/repository.ts'
import { now } from '../../runtime/clock.ts'
import { DirectoryHandles } from '../../sources/filesystem/directory-handle.ts'
import type { CaptureCache } from './cached-directory.ts'
import { type CaptureOptions, capture } from './capture.ts'
import { assertMayCommit } from './commit-entry.ts'
import type { CommitOptions } from './commit-options.ts'
import { heldNames, heldObjects } from './held-objects.ts'
import { ownDirectory } from './own-repository.ts'
import { Problems } from './problems.ts'
import { openingProblem } from './read-file.ts'
import { CommitCounts } from './statistics.ts'

export interface DryRun {
  readonly counts: CommitCounts
  readonly problems: readonly ManifestProblem[]
  readonly problemCount: number
  /** Where the repository itself lies below the root; it is left out. */
  readonly ownDirectories: readonly Buffer[]
}

/** What the walk is given where a commit would have stored something: nobody reads it. */
const NOTHING_STORED = Buffer.alloc(32, 1)

/** Walks the root and counts. Writes nothing, takes no lease. @throws {AccessError} when this member may not commit. */
export async function dryRunCommit(repository: Repository, options: CommitOptions): Promise<DryRun> {
  assertMayCommit(repository, repository.journal.state, options.facts.series)
  const own = ownDirectory(repository, options)
  const counts = new CommitCounts()
  const problems = new Problems((problem) => options.onProblem?.(problem))
  const handles = new DirectoryHandles()
  const held = heldNames(await heldObjects(repository.store))
  const walk = {
    root: options.root,
    rules: options,
    rereads: options.rereads?.(held) === true,
    readsNothing: true,
    own,
    startedAt: now(),
    cache: readOnly(options.openCache?.(held)),
    queue: COUNTED_ONLY,
    putTree: () => NOTHING_STORED,
    putData: () => NOTHING_STORED,
    counts,
    problems,
    signal: options.signal,
    check: () => undefined,
  }
  try {
    await capture({ ...walk, handles })
  } finally {
    handles.close()
  }
  return { counts, problems: problems.kept, problemCount: problems.count, ownDirectories: own.foundAt }
}

const NO_RECORD = Buffer.alloc(0)

/** Answers every file at once, with what keeps it from being opened; the walk has counted it by then. */
const COUNTED_ONLY: CaptureOptions['queue'] = {
  isFull: false,
  add: (file) => {
    const problem = file.isRegular ? openingProblem(file.directoryFd, file.name) : undefined
    file.done(problem === undefined ? NOTHING_STORED : undefined, NO_RECORD, 0, problem)
  },
  room: () => Promise.resolve(),
  progress: () => Promise.resolve(),
  drain: () => Promise.resolve(),
}

function readOnly(cache: CaptureCache | undefined): CaptureCache | undefined {
  return cache && { get: (path, part) => cache.get(path, part), put: () => undefined, cut: () => undefined }
}
