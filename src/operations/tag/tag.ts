// The verb `tag`: names for snapshots that stay where they are put. A series' head moves, a tag does not.

import { equalBytes, toHex } from '../../../format/bytes.ts'
import { rolesAllow } from '../../../format/events.ts'
import { isSeriesName } from '../../../format/names.ts'
import { AccessError, NotFoundError, UsageError } from '../../errors.ts'
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

/** Who sets a tag. */
export interface Tagger {
  readonly actor: string
  /** Whether a tag of that name may be moved. */
  readonly mayMove?: boolean
}

/** Whether a tag is on a snapshot. */
export function isTagged({ tags }: JournalState, name: string, { manifest }: Pick<SnapshotRecord, 'manifest'>): boolean {
  const present = tags.get(name)
  return present !== undefined && equalBytes(present, manifest)
}

/**
 * Puts a tag on a snapshot; says whether it was not there already. The entry says which actor did it. Nothing is written where a tag of that name stands, be it only since
 * a moment ago, and may not be moved.
 * @throws {UsageError} `tag-name`, `tag-exists`; {AccessError} when this member may not.
 */
export async function setTag(repository: Repository, name: string, snapshot: SnapshotRecord, tagger: Tagger): Promise<boolean> {
  const { signing, journal } = repository
  const { actor, mayMove = false } = tagger
  assertMayTag(repository, 'tag_set')
  await journal.refresh()
  if (isTagged(journal.state, name, snapshot)) return false
  const guard = (state: JournalState): void => {
    checkTagName(state, name)
    const present = state.tags.get(name)
    if (present !== undefined && !mayMove) throw tagExists(name, present)
  }
  await journal.append({
    event: 'tag_set',
    clear: { manifest: Buffer.from(snapshot.manifest) },
    details: { name, actor },
    signing,
    guard,
  })
  return true
}

/** Takes a tag away; the snapshot stays, and the entry says which actor did it. @throws {NotFoundError} `tag-not-found`; {AccessError} when this member may not. */
export async function removeTag(repository: Repository, name: string, actor: string): Promise<void> {
  const { signing, journal } = repository
  assertMayTag(repository, 'tag_removed')
  // The entry names what the tag names where it lands: had somebody moved it meanwhile, it would else remove nothing.
  await journal.append({ event: 'tag_removed', clear: (state) => ({ manifest: taggedIn(state, name) }), details: { name, actor }, signing })
}

/** The journal would refuse it as well, without a word on who can. */
function assertMayTag({ journal, signing }: Repository, event: 'tag_set' | 'tag_removed'): void {
  const member = journal.member(signing.memberId)
  if (member === undefined || rolesAllow(event, member.roles)) return
  throw new AccessError('role', `A ${member.roles.join(' and ')} may not set, move or remove tags.`, {
    hint: "Ask an owner to do it; 'cairn key list' shows who is one. An owner can also make an identity that may: 'cairn key add --new-identity FILE'.",
    fields: { event, member: toHex(signing.memberId) },
  })
}

function taggedIn({ tags }: JournalState, name: string): Buffer {
  const manifest = tags.get(name)
  if (manifest !== undefined) return Buffer.from(manifest)
  throw new NotFoundError('tag-not-found', `There is no tag '${name}'.`, { hint: "'cairn tag --list' shows the tags." })
}

function tagExists(name: string, manifest: Uint8Array): UsageError {
  return new UsageError('tag-exists', `The tag '${name}' is on snapshot ${toHex(manifest).slice(0, 8)} already.`, {
    hint: 'To move it, add --move; or choose another name.',
    fields: { name, snapshot: toHex(manifest) },
  })
}

/** Long enough to be known again. */
function shortened(name: string): string {
  return name.length <= 80 ? name : `${name.slice(0, 79)}…`
}

function checkTagName(state: JournalState, name: string): void {
  if (!isSeriesName(name)) {
    throw new UsageError('tag-name', `'${shortened(name)}' cannot name a tag.`, {
      hint: 'Use letters, digits, . _ / and -, beginning with a letter; neither latest nor what looks like an id.',
    })
  }
  if (state.heads.has(name)) throw new UsageError('tag-name', `'${name}' is the name of a series.`, { hint: 'Choose another name.' })
}
