// How a person says yes to what destroys or overwrites: --plan shows it, --apply DIGEST does exactly that, and at a terminal the
// first words of the digest are typed.

import { createInterface } from 'node:readline/promises'
import type { Argv } from 'yargs'
import type { Decision, PlanOutcome, ShownPlan } from '../src/control/access/authorize.ts'
import { CancelledError, UsageError } from '../src/errors.ts'
import type { GlobalArgs } from './options.ts'
import { bold } from './output/human.ts'
import { printableLine } from './output/path-text.ts'
import type { CommandContext } from './run.ts'

export interface PlanArgs extends GlobalArgs {
  readonly plan: boolean
  readonly apply: string | undefined
}

/** For `--help` of a command that has plans. */
export const PLAN_NOTE = planNote("a scheduled job needs an owner's grant")

/** The same for what only a person may approve. */
export const PERSONS_PLAN_NOTE = planNote('a scheduled job cannot be granted it')

function planNote(scheduled: string): string {
  return (
    '--plan shows what would be done and its digest; --apply DIGEST does exactly that, or stops because something changed meanwhile. ' +
    `At a terminal the digest's first three words are typed instead; ${scheduled}; an AI agent may only plan.`
  )
}

/** Adds --plan and --apply. */
export function addPlanOptions<Args extends GlobalArgs>(yargs: Argv<Args>) {
  return yargs
    .option('plan', { type: 'boolean', default: false, describe: 'show what would be done, and its digest; do nothing' })
    .option('apply', { type: 'string', requiresArg: true, describe: 'do what the plan with this digest says' })
}

/** How the yes may come in this call. @throws {UsageError} when --plan and --apply are given together. */
export function decisionOf({ plan, apply }: PlanArgs, { output, signal }: Pick<CommandContext, 'output' | 'signal'>): Decision {
  if (plan && apply !== undefined)
    throw new UsageError('plan-and-apply', '--plan and --apply exclude each other.', { hint: 'Plan first, then apply.' })
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY && !output.json
  return {
    planOnly: plan,
    apply,
    remark: (text) => output.warning(printableLine(text)),
    ...(isTerminal && { ask: (shown: ShownPlan) => askWords(shown, signal) }),
  }
}

/** What `--plan` prints. */
export function planResult(context: Pick<CommandContext, 'output'>, outcome: PlanOutcome<unknown> & { readonly kind: 'planned' }): void {
  const { plan, digest, words } = outcome
  context.output.result(
    { planned: true, plan, digest, words },
    () => `${planText(outcome)}\n\nNothing was done. To do exactly this: --apply ${digest}`,
  )
}

function planText({ plan, words }: ShownPlan): string {
  return [
    `Plan: ${plan.operation} ${printableLine(plan.target)}`,
    `  ${printableLine(plan.consequence)}`,
    ...plan.objects.map((object) => `  of ${printableLine(object)}`),
    ...plan.destroys.map((object) => `  replaces or removes ${printableLine(object)}`),
    `  after journal entry ${plan.journal.sequence}`,
    `  digest ${words.slice(0, 6).join(' ')} …`,
  ].join('\n')
}

async function askWords(shown: ShownPlan, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const ended = new Promise<string>((resolve) => terminal.on('close', () => resolve('')))
  try {
    process.stderr.write(`${planText(shown)}\n\n`)
    return await Promise.race([terminal.question(`To do this, type ${bold(shown.words.slice(0, 3).join(' '))}: `, { signal }), ended])
  } catch (cause) {
    if (!signal.aborted) throw cause
    process.stderr.write('\n')
    throw new CancelledError('cancelled', 'Cancelled before anything was approved. Nothing was done.', { cause })
  } finally {
    terminal.close()
  }
}
