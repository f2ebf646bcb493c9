// The plan of a restore: how it is made, what it says to whoever approves it, and what the journal keeps of the restore.

import path from 'node:path'
import type { ArgumentsCamelCase } from 'yargs'
import { toHex } from '../format/bytes.ts'
import type { PlanParts } from '../src/control/access/authorize.ts'
import type { AuditedWork } from '../src/control/audit/audited.ts'
import type { Session } from '../src/control/session/session.ts'
import { StopError, UsageError } from '../src/errors.ts'
import type { RestoreOutcome, RestorePlan, RestoreThreads } from '../src/operations/restore/restore.ts'
import { pathParts } from '../src/operations/snapshot-tree.ts'
import { resolveSnapshot, splitSnapshotPath } from '../src/repository/journal/snapshot-names.ts'
import type { SnapshotRecord } from '../src/repository/journal/state.ts'
import type { Replacing } from '../src/targets/target-state.ts'
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
    replaceContents: boolean
    allowTwoRenames: boolean
  }
>

/** A grant for the one is none for the other: what is killed in the middle leaves something else behind. */
const OPERATIONS = { tree: 'restore', contents: 'restore --replace-contents' } as const

/** How the command line wants what is there to be replaced. @throws {UsageError} when it contradicts itself */
export function replacingOf({ replace, replaceContents, allowTwoRenames, plan, apply }: RestoreArgs): Replacing | undefined {
  if (replace && replaceContents) {
    throw new UsageError('replace-twice', '--replace and --replace-contents exclude each other.', {
      hint: '--replace puts another directory in the place of the target, in one step. --replace-contents keeps the directory, as a mount point needs it.',
    })
  }
  if (replaceContents && allowTwoRenames) {
    throw new UsageError('replace-needed', '--allow-two-renames is for --replace.', { hint: '--replace-contents renames entry by entry.' })
  }
  if (!replace && !replaceContents && allowTwoRenames) {
    throw new UsageError('replace-needed', '--allow-two-renames is for --replace.', {
      hint: 'A plain restore puts its directory in place by one rename. Leave the option out.',
    })
  }
  if (!replace && !replaceContents && (plan || apply !== undefined)) {
    throw new UsageError('replace-needed', '--plan and --apply are for --replace and --replace-contents.', {
      hint: 'See what a plain restore would do with --dry-run.',
    })
  }
  if (replaceContents) return 'contents'
  return replace ? 'tree' : undefined
}

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
    replacing: replacingOf(args),
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
    operation: OPERATIONS[plan.replacing ?? 'tree'],
    objects: [`${toHex(snapshot.manifest)}${part}`, ...waysOf(args)],
    destroys: plan.target === 'absent' ? [] : [to],
    target: to,
    fingerprint: async () => targetFingerprint(to),
    series: snapshot.details.series,
    consequence: consequenceOf(plan),
  }
}

/** What it does to the target, in words. */
export function consequenceOf(plan: RestorePlan): string {
  const { to, target, replacing, files, bytes } = plan
  const what = `${plural(files, 'file')} of ${humanBytes(bytes)}`
  if (target === 'absent') return `There is nothing at ${to}: it is made, with ${what}.`
  if (replacing === 'contents') return `${interruptedText(plan)}${contentsText(plan, what)}`
  if (target === 'empty') return `The empty directory ${to} is replaced by ${what}.`
  return `What is at ${to} is replaced by ${what}. The old tree is kept beside it until somebody removes it.`
}

function contentsText({ to, target }: RestorePlan, what: string): string {
  if (target === 'empty') return `The empty directory ${to} stays, and gets ${what}.`
  return `The directory ${to} stays, and what is in it is exchanged for ${what}. This is not atomic: entries move one by one, and until all have moved the directory holds a part of each. The old entries are kept in ${to}/.cairn-old-… until somebody removes them.`
}

/** What is told of an exchange that was cut in two, and what becomes of it; empty when there was none. */
export function interruptedText({ to, interrupted }: RestorePlan): string {
  if (interrupted === undefined) return ''
  const { tree, old = to, next } = interrupted
  const was = `An earlier restore was interrupted while it exchanged what is in ${to}. `
  return next === 'undo'
    ? `${was}What it had moved to ${old} is moved back first; what it had restored, in ${tree}, is removed. `
    : `${was}What it had not moved yet is moved in from ${tree} first; what was there before it is in ${old}. `
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
