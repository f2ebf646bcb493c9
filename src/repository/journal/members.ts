import { equalBytes, toHex } from '../../../format/bytes.ts'
import type { DetailsOf } from '../../../format/details.ts'
import type { ClearOf } from '../../../format/events.ts'
import { LIMITS } from '../../../format/limits.ts'
import type { Member } from '../../../format/member.ts'
import { type JournalMember, type JournalState, type VoidReason, withId } from './state.ts'

type PermissionChange = ClearOf<'permission_change'>

/** The members after a change: first those removed, then those added, who replace members of the same key. SPEC §7.4 */
export function changedMembers(
  members: ReadonlyMap<string, JournalMember>,
  change: PermissionChange,
  labels: DetailsOf<'permission_change'>['labels'] = {},
): Map<string, JournalMember> {
  const changed = new Map(members)
  for (const id of change.remove) {
    changed.delete(toHex(id))
  }
  for (const added of change.add) {
    const member = withId({ ...added, label: '' })
    const id = toHex(member.id)
    changed.set(id, { ...member, label: labels[id] ?? members.get(id)?.label ?? '' })
  }
  return changed
}

/** Why a change of members may not be: nobody would be left to change them again, or they would be too many. SPEC §7.4, §10 */
export function changeProblem(state: JournalState, change: PermissionChange): VoidReason | undefined {
  const changed = changedMembers(state.members, change)
  if (changed.size > LIMITS.members) {
    return 'limit'
  }
  return [...changed.values()].some(isOwner) ? undefined : 'no-owner'
}

export function isOwner(member: Member): boolean {
  return member.roles.includes('owner')
}

/** Whether a member may commit to the series of this tag. SPEC §7.4 */
export function mayCommitTo(member: Member, tag: Uint8Array): boolean {
  if (isOwner(member)) {
    return true
  }
  return member.roles.includes('writer') && (member.series === undefined || member.series.some((each) => equalBytes(each, tag)))
}
