// The journal entry of a commit, and who may write it. SPEC §7.4, §9.2.

import { toHex } from '../../../format/bytes.ts'
import type { Manifest } from '../../../format/manifest.ts'
import { AccessError, UsageError } from '../../errors.ts'
import type { AppendRequest } from '../../repository/journal/append.ts'
import { seriesTag } from '../../repository/journal/entry-details.ts'
import { mayCommitTo } from '../../repository/journal/members.ts'
import type { JournalState } from '../../repository/journal/state.ts'
import type { Repository } from '../../repository/repository.ts'

/** @throws {AccessError} when this member may not commit to the series as of `state`; {UsageError} `series-is-tag` when it is a tag. */
export function assertMayCommit(repository: Repository, state: JournalState, series: string): void {
  const member = state.members.get(toHex(repository.signing.memberId))
  if (member !== undefined && mayCommitTo(member, seriesTag(repository.writeKeys.journal, series))) return assertNoTag(state, series)
  throw new AccessError('not-a-writer', `This identity may not commit to the series '${series}'.`, {
    hint: "An owner can allow it: 'cairn key export --writer --series NAME'. 'cairn key list' shows who may do what.",
  })
}

/** A series that goes on is left alone, so that nobody can stop its backups with a tag. */
function assertNoTag({ heads, tags }: JournalState, series: string): void {
  if (heads.has(series) || !tags.has(series)) return
  throw new UsageError('series-is-tag', `'${series}' is the name of a tag, so no series can begin under it.`, {
    hint: `Give another name with --name, or take the tag away: cairn tag --remove ${series}`,
  })
}

/** What is appended for a manifest that is stored. */
export function snapshotEntry(repository: Repository, manifestId: Buffer, manifest: Manifest): AppendRequest<'snapshot_created'> {
  const { series, statistics, roots, problemCount, complete } = manifest
  const { backupId, contentId, parents, createdAt, durationMs, host, createdBy, actor, source, description, tags } = manifest
  const { files, bytes, newBytes, storedBytes } = statistics
  return {
    event: 'snapshot_created',
    clear: { manifest: manifestId, series: seriesTag(repository.writeKeys.journal, series) },
    details: {
      series,
      backupId,
      contentId,
      parents,
      createdAt,
      durationMs,
      host,
      createdBy,
      actor,
      source,
      description,
      tags,
      complete,
      problemCount,
      files,
      bytes,
      newBytes,
      storedBytes,
      roots: roots.map(({ path }) => Buffer.from(path).toString('utf8')),
    },
    signing: repository.signing,
  }
}
