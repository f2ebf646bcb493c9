// The plan of a restore: how it is made, what it says to whoever approves it, and what the journal keeps of the restore.

import path from 'node:path'
import type { ArgumentsCamelCase } from 'yargs'
import { toHex } from '../format/bytes.ts'
import type { PlanParts } from '../src/control/access/authorize.ts'
import type { AuditedWork } from '../src/control/audit/audited.ts'
import type { Session } from '../src/control/session/session.ts'
import { StopError } from '../src/errors.ts'
import type { RestoreOutcome, RestorePlan, RestoreThreads } from '../src/operations/restore/restore.ts'
import { pathParts } from '../src/operations/snapshot-tree.ts'
import { resolveSnapshot, splitSnapshotPath } from '../src/repository/journal/snapshot-names.ts'
import type { SnapshotRecord } from '../src/repository/journal/state.ts'
import type { PlanArgs } from './approval.ts'
import { humanBytes, plural } from './output/human.ts'
import type { Output } from './output/output.ts'
import { parsePathText, printableLine } from './output/path-text.ts'
import type { CommandContext } from './run.ts'

export type RestoreArgs = ArgumentsCamelCase<
  PlanArgs & {
    snapshot: string
    to: string
    include: string[] | undefined
    keepGoing: boolean
    dryRun: boolean
    replace: boolean
    allowTwoRenames: boolean
  }
>

/** A STOP at the planning of a restore is a refusal as one at its beginning is: both stand in the log. */
export async function planned(session: Session, args: RestoreArgs, context: CommandContext, threads: RestoreThreads): Promise<RestorePlan> {
  const snapshot = resolveSnapshot(session.repository.journal.state, splitSnapshotPath(args.snapshot).name)
  try {
    return await planOf(session, snapshot, args, context, threads)
  } catch (error) {
    if (!(error instanceof StopError) || args.dryRun || args.plan) throw error
    const { auditedRestore } = await import('../src/control/audit/audited.ts')
    const work = auditOf({ snapshot, to: path.resolve(args.to) }, context.output)
    return auditedRestore<never>(session, work, () => Promise.reject(error))
  }
}

async function planOf(
  { repository, home }: Session,
  snapshot: SnapshotRecord,
  args: RestoreArgs,
  { signal }: CommandContext,
  threads: RestoreThreads,
): Promise<RestorePlan> {
  const { planRestore } = await import('../src/operations/restore/restore.ts')
  const { homePlaces } = await import('../src/control/session/home.ts')
  const { path: below } = splitSnapshotPath(args.snapshot)
  return planRestore(repository, snapshot, {
    to: path.resolve(args.to),
    path: pathParts(parsePathText(below ?? '')),
    ...(args.include !== undefined && { include: args.include }),
    keepGoing: args.keepGoing,
    keepOut: homePlaces(home),
    countsOnly: args.dryRun,
    replacing: args.replace,
    ...(!args.dryRun && { onMany: () => threads.start() }),
    signal,
  })
}

/** A restore over what stands there, as a plan. */
export async function partsOf(plan: RestorePlan, args: RestoreArgs): Promise<PlanParts> {
  const { targetFingerprint } = await import('../src/targets/target-fingerprint.ts')
  const { snapshot, to } = plan
  const { path: below } = splitSnapshotPath(args.snapshot)
  const part = below === undefined || below === '' ? '' : `:${below}`
  return {
    operation: 'restore',
    objects: [`${toHex(snapshot.manifest)}${part}`, ...waysOf(args)],
    destroys: plan.target === 'absent' ? [] : [to],
    target: to,
    fingerprint: async () => targetFingerprint(to),
    series: snapshot.details.series,
    consequence: consequenceOf(plan),
  }
}

/** What it does to the target, in words. */
export function consequenceOf({ to, target, files, bytes }: RestorePlan): string {
  const what = `${plural(files, 'file')} of ${humanBytes(bytes)}`
  if (target === 'absent') return `There is nothing at ${to}: it is made, with ${what}.`
  if (target === 'empty') return `The empty directory ${to} is replaced by ${what}.`
  return `What is at ${to} is replaced by ${what}. The old tree is kept beside it until somebody removes it.`
}

/** What of the command line changes what comes of it: a plan that was approved without is another one. */
function waysOf({ include = [], keepGoing, allowTwoRenames }: RestoreArgs): string[] {
  const ways = include.map((pattern) => `include ${pattern}`)
  if (keepGoing) ways.push('leave out what is damaged')
  if (allowTwoRenames) ways.push('with two renames where the file system cannot exchange')
  return ways
}

/** What the journal keeps of it. */
export function auditOf({ snapshot, to }: Pick<RestorePlan, 'snapshot' | 'to'>, output: Output): AuditedWork<RestoreOutcome> {
  return {
    details: { snapshot: toHex(snapshot.manifest), target: to },
    completed: ({ files, problemCount, oldPath }) => ({ files, problems: problemCount, ...(oldPath !== undefined && { kept: oldPath }) }),
    remark: (text) => output.warning(printableLine(text)),
  }
}
