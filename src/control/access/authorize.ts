// The only door to deletion and overwriting: a plan, and a yes to exactly that plan. Who may say it: a person, by the digest that
// `--plan` printed or by its words at a terminal; a scheduled job by an owner's grant in the journal; an AI agent never.

import { toHex } from '../../../format/bytes.ts'
import type { CborRecord } from '../../../format/cbor.ts'
import { AccessError, StopError } from '../../errors.ts'
import { decisiveHead } from '../../repository/journal/decisive-head.ts'
import { issuePermit, type Permit } from '../../runtime/permit.ts'
import { type AuditEvent, audit, auditLater } from '../audit/audit.ts'
import { tell } from '../audit/audited.ts'
import type { Session } from '../session/session.ts'
import { isAgent, isSchedule } from './actor.ts'
import { digestWords, TYPED_WORDS, typedRight } from './digest-words.ts'
import { GRANTABLE, grantFor } from './grants.ts'
import { type Plan, type PlanJson, planDifferences, planDigest, planToJson } from './plan.ts'

/** What an operation says of itself; repository and journal head come from the session. */
export interface PlanParts extends Omit<Plan, 'repository' | 'head' | 'fingerprint'> {
  /** Looks at the target; asked again when the person has answered. */
  readonly fingerprint: () => Promise<Uint8Array>
}

/** A plan as it is shown. */
export interface ShownPlan {
  readonly plan: PlanJson
  /** Hexadecimal: what `--apply` takes. */
  readonly digest: string
  /** The digest as words, of which a person types the first three. */
  readonly words: readonly string[]
}

/** How a yes may come. */
export interface Decision {
  /** Show the plan and do nothing. */
  readonly planOnly: boolean
  /** The digest that somebody approved, hexadecimal. */
  readonly apply?: string | undefined
  /** Shows the plan to the person at the terminal and returns what they typed; absent where there is no terminal. */
  readonly ask?: ((shown: ShownPlan) => Promise<string>) | undefined
  readonly remark: (text: string) => void
  /** Keep the records in the spool: the journal is not to be written before this is done. */
  readonly spoolOnly?: boolean
}

export type ActingSession = Pick<Session, 'actor' | 'catalog' | 'home' | 'repository'>

export type PlanOutcome<T> = ({ readonly kind: 'planned' } & ShownPlan) | ({ readonly kind: 'done'; readonly result: T } & ShownPlan)

/**
 * Plans, has the plan approved as the decision says, and runs it with the permit; or shows the plan only.
 * @throws {AccessError} `agent-refused`; {StopError} `plan-changed`, `not-confirmed`, `approval-needed`; what `run` throws.
 */
export async function withPlan<T>(
  session: ActingSession,
  parts: PlanParts,
  decision: Decision,
  run: (permit: Permit) => Promise<T>,
): Promise<PlanOutcome<T>> {
  const plan = await makePlan(session, parts)
  const shown = show(plan)
  if (decision.planOnly) {
    session.catalog.rememberPlan(planDigest(plan), JSON.stringify(shown.plan))
    if (isAgent(session.actor)) await record(session, 'action_planned', shown, decision)
    return { kind: 'planned', ...shown }
  }
  const permit = await authorize(session, plan, parts, decision)
  return { kind: 'done', ...shown, result: await run(permit) }
}

/**
 * Refuses an AI agent, and records that. `instead` says what the agent can do.
 * @throws {AccessError} `agent-refused` when the actor is an agent, whatever else was given.
 */
export async function refuseAgent(
  session: ActingSession,
  operation: string,
  details: CborRecord = {},
  instead = 'Let a person do it.',
): Promise<void> {
  if (!isAgent(session.actor)) return
  await audit(session, 'action_refused', { operation, reason: 'agent-refused', ...details })
  throw new AccessError('agent-refused', `An AI agent (${session.actor}) may not do this: ${operation}.`, {
    hint: `${instead} The refusal was recorded.`,
    fields: { actor: session.actor, operation },
  })
}

/**
 * Refuses whoever is no person to give rights: a scheduled job that gives itself a grant needs none.
 * @throws {AccessError} `agent-refused`, `schedule-refused`; recorded
 */
export async function refuseUnlessPerson(session: ActingSession, operation: string): Promise<void> {
  await refuseAgent(session, operation)
  if (!isSchedule(session.actor)) return
  await audit(session, 'action_refused', { operation, reason: 'schedule-refused' })
  throw new AccessError('schedule-refused', `A scheduled job (${session.actor}) may not do this: ${operation}.`, {
    hint: 'It gives rights: let a person do it beforehand. The refusal was recorded.',
    fields: { actor: session.actor, operation },
  })
}

/** The one place where a permit for a plan is issued. */
async function authorize(session: ActingSession, plan: Plan, parts: PlanParts, decision: Decision): Promise<Permit> {
  const shown = show(plan)
  await refuseAgent(session, plan.operation, detailsOf(shown), 'Make the plan with --plan, and let a person apply it.')
  try {
    await approve(session, shown, decision)
    await assertUnchanged(session, shown, parts)
  } catch (error) {
    if (error instanceof StopError) await record(session, 'action_refused', shown, decision, { reason: error.code })
    throw error
  }
  await record(session, 'action_confirmed', shown, decision)
  return issuePermit(`the plan ${shown.digest}`, (target) => plan.destroys.includes(target))
}

async function makePlan({ repository }: ActingSession, { fingerprint, ...parts }: PlanParts): Promise<Plan> {
  await repository.journal.refresh()
  const head = await decisiveHead(repository.store, repository.journal.state)
  return { ...parts, repository: repository.id, head, fingerprint: await fingerprint() }
}

function show(plan: Plan): ShownPlan {
  const digest = planDigest(plan)
  return { plan: planToJson(plan), digest: toHex(digest), words: digestWords(digest) }
}

async function approve(session: ActingSession, shown: ShownPlan, decision: Decision): Promise<void> {
  if (decision.apply !== undefined && decision.apply.trim().toLowerCase() !== shown.digest) throw changed(session, shown, decision.apply)
  if (isSchedule(session.actor)) return useGrant(session, shown, decision)
  if (decision.apply !== undefined) return
  if (decision.ask === undefined) return useGrant(session, shown, decision)
  if (!typedRight(await decision.ask(shown), shown.words)) {
    throw new StopError('not-confirmed', `The first ${TYPED_WORDS} words of the plan were not typed. Nothing was done.`, {
      hint: 'Read the plan again. When it is what you want, run the command again and type its words.',
    })
  }
}

/** The person may have thought for an hour. */
async function assertUnchanged(session: ActingSession, shown: ShownPlan, parts: PlanParts): Promise<void> {
  const now = show(await makePlan(session, parts))
  if (now.digest !== shown.digest) throw planChanged(planDifferences(shown.plan, now.plan), now)
}

async function useGrant(session: ActingSession, shown: ShownPlan, decision: Decision): Promise<void> {
  const { operation, target, series } = shown.plan
  const grant = grantFor(session.repository, { command: operation, target, series })
  if (grant === undefined) {
    throw new StopError('approval-needed', `Nobody approved this: ${operation} on ${target}.`, {
      hint: `Run it with --plan, and then with --apply DIGEST; or on a terminal. ${grantHint(operation, target)}`,
      fields: { digest: shown.digest },
    })
  }
  await record(session, 'grant_used', shown, decision, { grant: Buffer.from(grant.grant) })
}

function grantHint(operation: string, target: string): string {
  if (!GRANTABLE.includes(operation)) return 'Only a person may approve it: no grant covers this.'
  return `For a scheduled job an owner runs: cairn grant issue --command '${operation}' --target '${target}' --member ID`
}

function changed({ catalog }: ActingSession, now: ShownPlan, apply: string): StopError {
  const digest = /^[0-9a-f]{64}$/i.test(apply.trim()) ? Buffer.from(apply.trim(), 'hex') : undefined
  const before = digest && catalog.shownPlan(digest)
  return planChanged(before === undefined ? undefined : planDifferences(JSON.parse(before) as PlanJson, now.plan), now)
}

function planChanged(differences: readonly string[] | undefined, now: ShownPlan): StopError {
  const what =
    differences === undefined
      ? 'the plan with this digest was not made on this machine, or long ago'
      : `changed since: ${differences.join('; ')}`
  return new StopError('plan-changed', `The plan that was approved is not the present one: ${what}. Nothing was done.`, {
    hint: 'Look at the present plan with --plan, and approve that one.',
    fields: { differences: differences ?? null, digest: now.digest },
  })
}

async function record(
  session: ActingSession,
  event: AuditEvent,
  shown: ShownPlan,
  decision: Decision,
  more: CborRecord = {},
): Promise<void> {
  const details = { ...detailsOf(shown), ...more }
  if (decision.spoolOnly === true) await auditLater(session, event, details)
  else tell(decision.remark, await audit(session, event, details))
}

function detailsOf({ plan, digest }: ShownPlan): CborRecord {
  const { operation, target, objects, destroys, series, consequence } = plan
  return { operation, target, objects: [...objects], destroys: [...destroys], series, consequence, plan: Buffer.from(digest, 'hex') }
}
