// `journal accept`: an owner, who must be a person, accepts that the journal no longer holds what a client had verified, after a
// legitimate return to an older copy. Until it is accepted nothing is written to this journal, not even who asked. SPEC §7.4, §7.5.

import { fromHex, toHex } from '../../../format/bytes.ts'
import { AccessError, StopError, StoreError, UsageError } from '../../errors.ts'
import { type Loss, lossBetween } from '../../operations/journal/loss.ts'
import { acceptJournal, assertLost } from '../../repository/journal/accept.ts'
import { Journal } from '../../repository/journal/journal.ts'
import { isOwner } from '../../repository/journal/members.ts'
import type { OpenJournalOptions } from '../../repository/journal/open-journal.ts'
import type { Pin } from '../../repository/journal/pins.ts'
import { decodeState } from '../../repository/journal/state.ts'
import { verifyJournal } from '../../repository/journal/verify-journal.ts'
import { isAgent } from '../access/actor.ts'
import { type Decision, type PlanOutcome, type PlanParts, withPlan } from '../access/authorize.ts'
import { auditLater, flushAudit } from '../audit/audit.ts'
import { tell } from '../audit/audited.ts'
import type { UnpinnedSession } from './unpinned-session.ts'

export interface AcceptanceOptions {
  readonly reason: string
  /** What another client lost, as that client's error names it; this client's own pin unless told. */
  readonly lost?: Pin | undefined
}

export interface Acceptance {
  readonly lost: Pin
  /** Sequence of the entry that accepts. */
  readonly sequence: number
}

/** How many of each kind a plan names one by one. */
const NAMED = 20

/**
 * Plans the acceptance, and carries it out when a person said yes; this client opens the repository again afterwards.
 * @throws {UsageError} `nothing-to-accept`; {AccessError} `role`, `agent-refused`; {StopError} for what cannot be accepted, and as
 * `withPlan`.
 */
export async function acceptLoss(
  session: UnpinnedSession,
  options: AcceptanceOptions,
  decision: Decision,
): Promise<PlanOutcome<Acceptance>> {
  assertOwner(session)
  await refuseAgentUnwritten(session, decision)
  const lost = await lostPin(session, options.lost)
  const parts = await partsOf(session, lost, options)
  return withPlan(session, parts, { ...decision, spoolOnly: true }, () => accept(session, lost, options.reason, decision.remark))
}

/** An owner by the journal as it is, and by what this client knew: whoever was removed since must not undo that. */
function assertOwner({ repository, remembered }: UnpinnedSession): void {
  const { memberId } = repository.signing
  const known = remembered && decodeState(repository.id, remembered.state).members.get(toHex(memberId))
  if (repository.isOwner(memberId) && (remembered === undefined || (known !== undefined && isOwner(known)))) return
  throw new AccessError(
    'role',
    'Only an owner may accept that the journal lost entries: by the journal as it is, and by what was verified here before.',
  )
}

/** As `refuseAgent`, but the record of it stays on this machine until the acceptance stands. */
async function refuseAgentUnwritten(session: UnpinnedSession, { planOnly }: Decision): Promise<void> {
  if (planOnly || !isAgent(session.actor)) return
  await auditLater(session, 'action_refused', { operation: 'journal accept', reason: 'agent-refused' })
  throw new AccessError('agent-refused', `An AI agent (${session.actor}) may not do this: journal accept.`, {
    hint: 'Make the plan with --plan, and let a person apply it. The refusal is kept on this machine and follows into the log.',
    fields: { actor: session.actor, operation: 'journal accept' },
  })
}

async function lostPin(session: UnpinnedSession, named: Pin | undefined): Promise<Pin> {
  const { remembered } = session
  const own = remembered && { pin: remembered.pin, cached: remembered.state }
  if (named === undefined) {
    if (own === undefined) return otherHistoryOf(session)
    await assertLost({ ...journalOptions(session), ...own })
    return own.pin
  }
  // What this client itself lost comes first: nobody vouches for a journal that they cannot open.
  if (own !== undefined) await Journal.open({ ...journalOptions(session), ...own })
  await assertLost({ ...journalOptions(session), pin: named })
  return named
}

/** A client that never saw the repository misses nothing but what the journal itself shows to be cut off. */
async function otherHistoryOf(session: UnpinnedSession): Promise<Pin> {
  try {
    await Journal.open(journalOptions(session))
  } catch (error) {
    if (!(error instanceof StopError) || error.code !== 'journal-rewritten') throw error
    const { foundSequence, foundHash } = error.fields
    return { sequence: Number(foundSequence), hash: fromHex(String(foundHash)) }
  }
  throw new UsageError('nothing-to-accept', 'This client never saw this repository, so it misses nothing.')
}

function journalOptions({ repository }: UnpinnedSession): OpenJournalOptions & { readonly journalKey: Uint8Array } {
  return { store: repository.store, repository: repository.id, journalKey: repository.writeKeys.journal }
}

async function partsOf(session: UnpinnedSession, lost: Pin, { reason, lost: named }: AcceptanceOptions): Promise<PlanParts> {
  const { repository, remembered } = session
  const { problems } = await verifyJournal(repository.store, {
    expectedRepository: repository.id,
    journalKey: repository.writeKeys.journal,
  })
  const before = named === undefined && remembered !== undefined ? decodeState(repository.id, remembered.state) : undefined
  return {
    operation: 'journal accept',
    objects: [
      `entry ${lost.sequence} (${toHex(lost.hash)}), ${whatIsLost(session, named)}`,
      ...(before === undefined ? [] : lossLines(lossBetween(before, repository.journal.state))),
      ...problems.map(({ message }) => message),
    ],
    destroys: [],
    target: repository.store.location,
    fingerprint: async () => lost.hash,
    series: '',
    consequence:
      `Every client that misses entry ${lost.sequence} goes on with the journal as it is now, for ever. Snapshots, tags, and changes of members ` +
      `and keys that stood in the lost entries are given up. Reason: ${reason}`,
  }
}

/** A client that never saw the repository knows only what the journal shows. */
function whatIsLost({ remembered }: UnpinnedSession, named: Pin | undefined): string {
  if (named !== undefined) return 'which another client had verified and the journal does not hold'
  if (remembered !== undefined) return 'which this client had verified and the journal does not hold'
  return 'which a member signed after another history than the journal holds, and all that continues it'
}

function lossLines({ snapshots, membersBack, membersGone, grantsBack }: Loss): string[] {
  return [
    ...named(snapshots, 'snapshots', ({ manifest, details }) => `lost snapshot ${toHex(manifest).slice(0, 16)} of ${details.series}`),
    ...named(
      membersBack,
      'members',
      ({ id, label, roles }) => `member ${label} ${toHex(id).slice(0, 16)}, who may again what was taken away (${roles.join(', ')})`,
    ),
    ...named(membersGone, 'members', ({ id, label }) => `lost member ${label} ${toHex(id).slice(0, 16)}`),
    ...named(
      grantsBack,
      'grants',
      ({ grant, command, target }) => `grant ${toHex(grant)} (${command} on ${target}), which was revoked and holds again`,
    ),
  ]
}

function named<T>(items: readonly T[], many: string, line: (item: T) => string): string[] {
  const lines = items.slice(0, NAMED).map(line)
  return items.length > NAMED ? [...lines, `${items.length - NAMED} more ${many} like this`] : lines
}

async function accept(session: UnpinnedSession, lost: Pin, reason: string, remark: (text: string) => void): Promise<Acceptance> {
  const { repository, catalog, remembered } = session
  const cached = remembered !== undefined && remembered.pin.sequence === lost.sequence ? { cached: remembered.state } : {}
  const accepted = await acceptJournal({ ...journalOptions(session), ...cached, signing: repository.signing, lost, reason })
  const { sequence } = accepted.pin()
  await repository.journal.refresh()
  await recordsFollow(session, remark)
  catalog.setPin(repository.id, repository.journal.pin(), repository.journal.encodeState())
  return { lost, sequence }
}

/** The acceptance stands; its records may follow with a later command. */
async function recordsFollow(session: UnpinnedSession, remark: (text: string) => void): Promise<void> {
  try {
    tell(remark, { outcome: 'written', drained: await flushAudit(session) })
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    tell(remark, { outcome: 'spooled', problem: error })
  }
}
