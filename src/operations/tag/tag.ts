// The verb `tag`: names for snapshots that stay where they are put. A series' head moves, a tag does not.

import { toHex } from '../../../format/bytes.ts'
import { isSeriesName } from '../../../format/names.ts'
import { NotFoundError, UsageError } from '../../errors.ts'
import type { JournalState, SnapshotRecord } from '../../repository/journal/state.ts'
import type { Repository } from '../../repository/repository.ts'

export interface Tag {
  readonly name: string
  readonly manifest: Uint8Array
  readonly snapshot: SnapshotRecord | undefined
}

/** All tags, by name. */
export function listTags(state: JournalState): Tag[] {
  const snapshots = new Map(state.snapshots.map((snapshot) => [toHex(snapshot.manifest), snapshot]))
  return [...state.tags]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, manifest]) => ({ name, manifest, snapshot: snapshots.get(toHex(manifest)) }))
}

/**
 * Puts a tag on a snapshot. The entry says which actor did it.
 * @throws {UsageError} `tag-name`, `tag-exists` when there is one of that name and it is not to be moved; {AccessError} when this member may not.
 */
export async function setTag(
  repository: Repository,
  name: string,
  snapshot: SnapshotRecord,
  { actor, move = false }: { readonly actor: string; readonly move?: boolean },
): Promise<void> {
  const { state } = repository.journal
  checkTagName(state, name)
  const present = state.tags.get(name)
  if (present !== undefined && !move) throw tagExists(name, present)
  const { signing, journal } = repository
  await journal.append({ event: 'tag_set', clear: { manifest: Buffer.from(snapshot.manifest) }, details: { name, actor }, signing })
}

/** Takes a tag away; the snapshot stays, and the entry says which actor did it. @throws {NotFoundError} `tag-not-found`; {AccessError} when this member may not. */
export async function removeTag(repository: Repository, name: string, actor: string): Promise<void> {
  const { signing, journal } = repository
  const manifest = journal.state.tags.get(name)
  if (manifest === undefined)
    throw new NotFoundError('tag-not-found', `There is no tag '${name}'.`, { hint: "'cairn tag --list' shows the tags." })
  await journal.append({ event: 'tag_removed', clear: { manifest: Buffer.from(manifest) }, details: { name, actor }, signing })
}

function tagExists(name: string, manifest: Uint8Array): UsageError {
  return new UsageError('tag-exists', `The tag '${name}' is on snapshot ${toHex(manifest).slice(0, 8)} already.`, {
    hint: 'To move it, add --move; or choose another name.',
    fields: { name, snapshot: toHex(manifest) },
  })
}

function checkTagName(state: JournalState, name: string): void {
  if (!isSeriesName(name)) {
    throw new UsageError('tag-name', `'${name}' cannot name a tag.`, {
      hint: 'Use letters, digits, . _ / and -, beginning with a letter; neither latest nor what looks like an id.',
    })
  }
  if (state.heads.has(name)) throw new UsageError('tag-name', `'${name}' is the name of a series.`, { hint: 'Choose another name.' })
}
