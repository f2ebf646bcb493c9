// The verbs `grant issue`, `grant list`, `grant revoke`: what an owner allows a scheduled job beforehand, where a person would be asked.

import { toHex } from '../../../format/bytes.ts'
import { AccessError, NotFoundError, StopError } from '../../errors.ts'
import type { JournalGrant, JournalMember, JournalState } from '../../repository/journal/state.ts'
import type { Repository } from '../../repository/repository.ts'
import { randomBytes } from '../../runtime/random.ts'

export interface NewGrant {
  readonly member: JournalMember
  readonly command: string
  /** As the command's plan names it: an absolute path. */
  readonly target: string
  /** Empty: any series. */
  readonly series: string
  readonly reason: string
}

const GRANT_ID_BYTES = 16

/** Issues a grant; returns its id. @throws {AccessError} `role` for whoever is no owner; {NotFoundError} `member-not-found` when it was removed meanwhile. */
export async function issueGrant(repository: Repository, { member, command, target, series, reason }: NewGrant): Promise<Buffer> {
  assertOwner(repository)
  const grant = randomBytes(GRANT_ID_BYTES)
  await repository.journal.append({
    event: 'grant_issued',
    clear: { grant, member: Buffer.from(member.id) },
    details: { command, target, series, reason },
    signing: repository.signing,
    guard: (state) => assertMember(state, member),
  })
  return grant
}

/** Revokes the grant whose id begins so. @throws {AccessError} `role`; {NotFoundError} `grant-not-found`; {StopError} `ambiguous-grant`. */
export async function revokeGrant(repository: Repository, name: string, reason: string): Promise<JournalGrant> {
  assertOwner(repository)
  await repository.journal.refresh()
  const prefix = name.toLowerCase()
  const found = /^[0-9a-f]{4,32}$/.test(prefix) ? listGrants(repository).filter(({ grant }) => toHex(grant).startsWith(prefix)) : []
  const [only, another] = found
  if (only === undefined)
    throw new NotFoundError('grant-not-found', `There is no grant '${name}'.`, {
      hint: "Give the beginning of its id, 4 digits or more: 'cairn grant list' shows the grants.",
    })
  if (another !== undefined)
    throw new StopError('ambiguous-grant', `'${name}' could be ${found.length} grants.`, { hint: 'Give more digits of the id.' })
  await repository.journal.append({
    event: 'grant_revoked',
    clear: { grant: Buffer.from(only.grant) },
    details: { reason },
    signing: repository.signing,
  })
  return only
}

/** The grants that hold now. */
export function listGrants({ journal }: Repository): JournalGrant[] {
  return [...journal.state.grants.values()]
}

/** A grant to whom nobody knows any more would hold again, unseen, when that key is enrolled once more. */
function assertMember({ members }: JournalState, { id, label }: JournalMember): void {
  if (members.has(toHex(id))) return
  throw new NotFoundError('member-not-found', `The member '${label}' was removed meanwhile.`, {
    hint: "'cairn key list' shows the members.",
  })
}

function assertOwner(repository: Repository): void {
  if (repository.isOwner(repository.signing.memberId)) return
  throw new AccessError('role', 'Only an owner may issue or revoke grants.', { hint: "'cairn key list' shows who may do what." })
}
