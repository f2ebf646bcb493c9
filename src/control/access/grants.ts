import { equalBytes } from '../../../format/bytes.ts'
import type { JournalGrant } from '../../repository/journal/state.ts'
import type { Repository } from '../../repository/repository.ts'

/** What an owner may allow beforehand: a scheduled job can be granted these, and nothing else. */
export const GRANTABLE: readonly string[] = ['restore', 'restore --replace-contents']

/** What somebody is about to do. */
export interface GrantedAction {
  readonly command: string
  /** Absolute path. */
  readonly target: string
  readonly series: string
}

/** The owner's grant that allows this member to do this; undefined when there is none. A grant without a series is for all. */
export function grantFor({ journal, signing }: Repository, { command, target, series }: GrantedAction): JournalGrant | undefined {
  if (!GRANTABLE.includes(command)) return undefined
  return [...journal.state.grants.values()].find(
    (grant) =>
      equalBytes(grant.member, signing.memberId) &&
      grant.command === command &&
      grant.target === target &&
      (grant.series === '' || grant.series === series),
  )
}
