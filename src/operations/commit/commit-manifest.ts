// The manifest of a commit from what was captured and what was said of it. SPEC §6.5.

import type { Manifest } from '../../../format/manifest.ts'
import { encodeStream } from '../../../format/stream.ts'
import { contentId } from '../../repository/crypto/chunk-id.ts'
import type { Repository } from '../../repository/repository.ts'
import { uuidV4 } from '../../runtime/random.ts'
import type { CommitOptions } from './commit.ts'
import type { Captured } from './commit-run.ts'

/** The record of a capture; its parent is the head of its series. */
export function manifestOf(
  repository: Repository,
  options: CommitOptions,
  captured: Captured,
  time: { readonly startedAt: number; readonly durationMs: number },
): Manifest {
  const head = repository.journal.state.heads.get(options.facts.series)
  const { root, counts, problems, newBytes, storedBytes } = captured
  return {
    backupId: uuidV4(),
    contentId: contentId(encodeStream(root.content!)),
    parents: head === undefined ? [] : [head.manifest],
    createdAt: time.startedAt,
    durationMs: time.durationMs,
    ...options.facts,
    roots: options.root.roots,
    root,
    statistics: counts.statistics(newBytes, storedBytes),
    complete: counts.problemCount === 0,
    problems,
    problemCount: counts.problemCount,
  }
}
