// What a rolled back journal lost, by the state that this client kept: a person who accepts it should know. SPEC §7.5.

import { toHex } from '../../../format/bytes.ts'
import type { JournalGrant, JournalMember, JournalState, SnapshotRecord } from '../../repository/journal/state.ts'

export interface Loss {
  /** Snapshots that were known here and are named no more. */
  readonly snapshots: readonly SnapshotRecord[]
  /** Members whose removal, or the change of whose roles, is lost: they have again what was taken from them. */
  readonly membersBack: readonly JournalMember[]
  /** Members who were added and are none now. */
  readonly membersGone: readonly JournalMember[]
  /** Grants whose revocation is lost. */
  readonly grantsBack: readonly JournalGrant[]
}

/** What `before` knew and `after` does not. */
export function lossBetween(before: JournalState, after: JournalState): Loss {
  const named = new Set(after.snapshots.map(({ manifest }) => toHex(manifest)))
  const members = [...after.members.values()]
  return {
    snapshots: before.snapshots.filter(({ manifest }) => !named.has(toHex(manifest))),
    membersBack: members.filter((member) => hasMore(member, before.members.get(toHex(member.id)))),
    membersGone: [...before.members.values()].filter(({ id }) => !after.members.has(toHex(id))),
    grantsBack: [...after.grants.values()].filter(({ grant }) => !before.grants.has(toHex(grant))),
  }
}

/** Whether a member may do more than before: another role, or a series more. */
function hasMore(now: JournalMember, before: JournalMember | undefined): boolean {
  if (before === undefined) return true
  if (now.roles.some((role) => !before.roles.includes(role))) return true
  const allowed = before.series?.map(toHex)
  return allowed !== undefined && (now.series === undefined || now.series.some((tag) => !allowed.includes(toHex(tag))))
}
