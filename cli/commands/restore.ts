// `cairn restore`: puts a snapshot, or a part of one, into a directory; over what is there only by an approved plan.

import type { Session } from '../../src/control/session/session.ts'
import { UsageError } from '../../src/errors.ts'
import type { RestoreOptions, RestoreOutcome, RestorePlan, RestoreThreads } from '../../src/operations/restore/restore.ts'
import { addPlanOptions, decisionOf, PLAN_NOTE, planResult } from '../approval.ts'
import type { Output } from '../output/output.ts'
import { printableLine } from '../output/path-text.ts'
import {
  RestoreProgressLine,
  restoreJson,
  restorePlanJson,
  restorePlanText,
  restoreProblemLine,
  restoreText,
  warnOfPartial,
} from '../output/restore.ts'
import { auditOf, consequenceOf, partsOf, planned, type RestoreArgs } from '../restore-plan.ts'
import { type CommandContext, defineCommand } from '../run.ts'
import { PATH_NOTE, SNAPSHOT_NOTE } from '../snapshot-argument.ts'

export const command = defineCommand({
  command: 'restore <snapshot>',
  describe: 'put a snapshot, or a part of it, into a directory',
  examples: [
    ['cairn restore latest --to /tmp/back', 'into a fresh or empty directory'],
    ['cairn restore laptop:etc --to /tmp/etc --include "*.conf"', 'a part of it'],
    ['cairn restore latest --to /tmp/back --dry-run', 'say what would be done'],
    ['cairn restore latest --to /srv/shop --replace --plan', 'plan to replace what is there'],
    ['cairn restore latest --to /srv/shop --replace --apply DIGEST', 'do exactly that; the old tree is kept beside'],
  ],
  exits: ['partial', 'no-repository', 'key', 'access', 'stop', 'format', 'integrity', 'not-found', 'store'],
  notes: `${SNAPSHOT_NOTE} ${PATH_NOTE}\n\n${PLAN_NOTE}`,
  reads: true,
  builder: (yargs) =>
    addPlanOptions(
      yargs
        .positional('snapshot', { type: 'string', demandOption: true, describe: 'SNAPSHOT or SNAPSHOT:PATH' })
        .option('to', { type: 'string', requiresArg: true, demandOption: true, describe: 'directory in which it is to appear' })
        .option('include', {
          type: 'string',
          array: true,
          requiresArg: true,
          describe: 'only what this gitignore pattern matches; may be repeated',
        })
        .option('keep-going', { type: 'boolean', default: false, describe: 'leave out what is damaged, and say so, instead of stopping' })
        .option('dry-run', { type: 'boolean', default: false, describe: 'say what would be done; write nothing' })
        .option('replace', { type: 'boolean', default: false, describe: 'replace what is there, by a plan; the old tree is kept beside' })
        .option('allow-two-renames', {
          type: 'boolean',
          default: false,
          describe: 'where the file system cannot exchange two directories: move the old one away first',
        }),
    ),
  async run(args, context) {
    assertReplacing(args)
    const { RestoreThreads } = await import('../../src/operations/restore/restore.ts')
    const threads = new RestoreThreads()
    try {
      return await restored(args, context, threads)
    } finally {
      await threads.close()
    }
  },
})

/** @throws {UsageError} `replace-needed` when what was asked for has no meaning in a plain restore */
function assertReplacing({ replace, plan, apply, allowTwoRenames }: RestoreArgs): void {
  if (replace) return
  if (plan || apply !== undefined)
    throw new UsageError('replace-needed', '--plan and --apply are for --replace.', {
      hint: 'See what a plain restore would do with --dry-run.',
    })
  if (allowTwoRenames)
    throw new UsageError('replace-needed', '--allow-two-renames is for --replace.', {
      hint: 'A plain restore puts its directory in place by one rename. Leave the option out.',
    })
}

async function restored(args: RestoreArgs, context: CommandContext, threads: RestoreThreads): Promise<'done' | 'partial'> {
  const { output } = context
  const session = await context.openSession()
  const plan = await planned(session, args, context, threads)
  warnOfPartial(output, plan)
  if (args.dryRun) return dryRun(plan, args, output)
  const isHere = plan.to === process.cwd()
  const outcome = await carriedOut(session, plan, args, context, threads)
  if (outcome === undefined) return 'done'
  output.result(restoreJson(plan, outcome), () => (output.quiet ? '' : restoreText(plan, outcome)))
  if (isHere)
    output.note(
      `This shell still stands in the directory that was replaced. To see what was restored: cd ${printableLine(JSON.stringify(plan.to))}`,
    )
  return outcome.complete ? 'done' : 'partial'
}

async function dryRun(plan: RestorePlan, { replace }: RestoreArgs, output: Output): Promise<'done' | 'partial'> {
  const { notEmpty } = await import('../../src/targets/target-state.ts')
  if (plan.target === 'full' && !replace) throw notEmpty({ path: plan.to })
  if (plan.target === 'full') await assertPlannable(plan.to)
  output.result(
    { dryRun: true, ...restorePlanJson(plan) },
    () => `Dry run: nothing was written\n${restorePlanText(plan)}\n  ${printableLine(consequenceOf(plan))}`,
  )
  return plan.problems.length + plan.captureProblems === 0 ? 'done' : 'partial'
}

/** The plan of a replacement looks at all that is there: what keeps it from that is told beforehand. */
async function assertPlannable(target: string): Promise<void> {
  const { targetFingerprint } = await import('../../src/targets/target-fingerprint.ts')
  targetFingerprint(target)
}

/** Undefined when the plan was only shown. */
async function carriedOut(
  session: Session,
  plan: RestorePlan,
  args: RestoreArgs,
  context: CommandContext,
  threads: RestoreThreads,
): Promise<RestoreOutcome | undefined> {
  const { runRestore } = await import('../../src/operations/restore/restore.ts')
  const { auditedRestore } = await import('../../src/control/audit/audited.ts')
  const line = new RestoreProgressLine(context.output)
  const options: RestoreOptions = {
    threads,
    keepGoing: args.keepGoing,
    allowTwoRenames: args.allowTwoRenames,
    signal: context.signal,
    onProgress: (progress) => line.show(progress),
    onProblem: (problem) => context.output.warning(restoreProblemLine(problem)),
  }
  const run = (more: RestoreOptions = {}): Promise<RestoreOutcome> =>
    auditedRestore(session, auditOf(plan, context.output), () => runRestore(session.repository, plan, { ...options, ...more }))
  const isPlanned = args.replace && (plan.target === 'full' || args.plan || args.apply !== undefined)
  if (!isPlanned) return run()
  const { withPlan } = await import('../../src/control/access/authorize.ts')
  const outcome = await withPlan(session, await partsOf(plan, args), decisionOf(args, context), (replace) => run({ replace }))
  if (outcome.kind === 'done') return outcome.result
  planResult(context, outcome)
  return undefined
}
