// The manifest of a commit from what was captured and what was said of it. SPEC §6.5.

import type { Manifest } from '../../../format/manifest.ts'
import { encodeStream } from '../../../format/stream.ts'
import { contentId } from '../../repository/crypto/chunk-id.ts'
import type { Repository } from '../../repository/repository.ts'
import { uuidV4 } from '../../runtime/random.ts'
import type { CommitOptions } from './commit-options.ts'
import type { Captured } from './commit-run.ts'
import { parentsIn } from './publish.ts'

/** The record of a capture; its parent is the head of its series. */
export function manifestOf(
  repository: Repository,
  options: CommitOptions,
  captured: Captured,
  time: { readonly startedAt: number; readonly durationMs: number },
): Manifest {
  const { root, counts, problems, newBytes, storedBytes } = captured
  return {
    backupId: uuidV4(),
    contentId: contentId(encodeStream(root.content!)),
    parents: parentsIn(repository.journal.state, options.facts.series),
    createdAt: time.startedAt,
    durationMs: time.durationMs,
    ...options.facts,
    roots: options.root.roots,
    root,
    statistics: counts.statistics(newBytes, storedBytes),
    complete: counts.problemCount === 0,
    problems,
    problemCount: counts.problemCount,
    ...extensionsOf(options),
  }
}

/** What was left out besides patterns: a comparison with a live directory has to know. SPEC §6.5 */
function extensionsOf({ excludeCaches, oneFileSystem }: CommitOptions): Pick<Manifest, 'extensions'> {
  const extensions = { ...(excludeCaches === true && { excludeCaches }), ...(oneFileSystem === true && { oneFileSystem }) }
  return Object.keys(extensions).length === 0 ? {} : { extensions }
}
