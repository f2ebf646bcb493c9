// What a person says about a snapshot: the facts that go into its manifest. SPEC §6.5

import { LIMITS } from '../format/limits.ts'
import { isManifestTagKey } from '../format/names.ts'
import { UsageError } from '../src/errors.ts'
import type { SnapshotFacts } from '../src/operations/commit/commit.ts'
import type { CommitArgs } from './commit-options.ts'
import { cut } from './output/path-text.ts'
import { limitedText } from './text-limits.ts'
import { toolVersion } from './version.ts'

/** What the command line says; the rest is known only when the repository is open. */
export type SaidFacts = Omit<SnapshotFacts, 'series' | 'host' | 'actor' | 'createdBy' | 'excludes' | 'source'> & {
  readonly source: string | undefined
}

/** The facts on the command line; what nobody said is empty. @throws {UsageError} `text-too-long`, `tag` */
export function saidFacts(args: CommitArgs): SaidFacts {
  const { message, source, requestId, environment, applicationVersion, storageSpecVersion } = args
  return {
    source: source && limitedText('--source', source),
    description: limitedText('--message', message ?? '', LIMITS.descriptionBytes),
    requestId: limitedText('--request-id', requestId ?? ''),
    environment: limitedText('--environment', environment ?? ''),
    toolVersion: toolVersion(),
    applicationVersion: limitedText('--application-version', applicationVersion ?? ''),
    storageSpecVersion: limitedText('--storage-spec-version', storageSpecVersion ?? ''),
    tags: tagsOf(args.tag ?? []),
  }
}

/** All facts of a snapshot. */
export function commitFacts(
  said: SaidFacts,
  known: Pick<SnapshotFacts, 'series' | 'host' | 'actor' | 'createdBy' | 'excludes'>,
): SnapshotFacts {
  return { ...known, ...said, source: said.source ?? defaultSource(known.actor) }
}

function defaultSource(actor: string): string {
  if (actor.startsWith('agent:')) return 'AI Agent'
  return actor.startsWith('schedule:') ? 'Scheduled' : 'Manual'
}

function tagsOf(texts: readonly string[]): Record<string, string> {
  if (texts.length > LIMITS.manifestTags)
    throw new UsageError('tag', `A snapshot has at most ${LIMITS.manifestTags} tags; ${texts.length} were given.`, {
      hint: 'Leave some out, or put them into the description (-m).',
    })
  const tags = new Map<string, string>()
  for (const text of texts) {
    const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
    if (!isManifestTagKey(key)) {
      throw new UsageError('tag', `'${cut(text, 80)}' is no tag.`, { hint: 'Write KEY=VALUE; the key has 1 to 64 of A-Z a-z 0-9 . _ -' })
    }
    if (tags.has(key)) throw new UsageError('tag', `The tag ${key} was given twice.`, { hint: 'Give it once.' })
    tags.set(key, limitedText(`--tag ${key}`, value))
  }
  return Object.fromEntries(tags)
}
