// What a restore's plan says to whoever approves it, and what the journal keeps of the restore.

import type { ArgumentsCamelCase } from 'yargs'
import { toHex } from '../format/bytes.ts'
import type { PlanParts } from '../src/control/access/authorize.ts'
import type { AuditedWork } from '../src/control/audit/audited.ts'
import type { RestoreOutcome, RestorePlan } from '../src/operations/restore/restore.ts'
import { splitSnapshotPath } from '../src/repository/journal/snapshot-names.ts'
import type { PlanArgs } from './approval.ts'
import type { Output } from './output/output.ts'
import { printableLine } from './output/path-text.ts'

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
  const what = `${files} file${files === 1 ? '' : 's'} of ${bytes} bytes`
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
export function auditOf(plan: RestorePlan, output: Output): AuditedWork<RestoreOutcome> {
  return {
    details: { snapshot: toHex(plan.snapshot.manifest), target: plan.to },
    completed: ({ files, problemCount, oldPath }) => ({ files, problems: problemCount, ...(oldPath !== undefined && { kept: oldPath }) }),
    remark: (text) => output.warning(printableLine(text)),
  }
}
