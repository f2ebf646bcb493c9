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
 * Puts a tag on a snapshot; one of that name is moved. The entry says which actor did it.
 * @throws {UsageError} `tag-name`; {AccessError} when this member may not.
 */
export async function setTag(repository: Repository, name: string, snapshot: SnapshotRecord, actor: string): Promise<void> {
  checkTagName(repository.journal.state, name)
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

function checkTagName(state: JournalState, name: string): void {
  if (!isSeriesName(name)) {
    throw new UsageError('tag-name', `'${name}' cannot name a tag.`, {
      hint: 'Use letters, digits, . _ / and -, beginning with a letter; neither latest nor what looks like an id.',
    })
  }
  if (state.heads.has(name)) throw new UsageError('tag-name', `'${name}' is the name of a series.`, { hint: 'Choose another name.' })
}
