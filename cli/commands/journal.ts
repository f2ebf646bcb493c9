// `cairn journal`: the log; below it its proof, and the way back after a legitimate loss.

import { UsageError } from '../../src/errors.ts'
import { journalLog, memberLabel } from '../../src/operations/journal/journal-log.ts'
import { bold } from '../output/human.ts'
import { journalHeading, journalJson, journalText, type LabelOf } from '../output/journal.ts'
import { warnOfVoids } from '../output/journal-voids.ts'
import { jsonText } from '../output/json.ts'
import { type CommandContext, defineCommand } from '../run.ts'
import { accept } from './journal/accept.ts'
import { verify } from './journal/verify.ts'

export const command = defineCommand({
  command: 'journal',
  describe: 'show the log of all that changed the repository; check it; accept a loss',
  examples: [
    ['cairn journal --limit 20', 'the newest entries'],
    ['cairn journal --since 100 --json', 'one JSON object a line'],
    ['cairn journal verify', 'replay and check all of it, without any key'],
  ],
  exits: ['no-repository', 'key', 'stop', 'store'],
  reads: true,
  builder: (yargs) =>
    yargs
      .command([verify, accept])
      .option('since', { type: 'number', requiresArg: true, global: false, describe: 'from this entry on' })
      .option('limit', { alias: 'n', type: 'number', requiresArg: true, global: false, describe: 'at most so many, the newest' }),
  async run({ since, limit }, context) {
    checkCount('since', since, 0)
    checkCount('limit', limit, 1)
    const { repository } = await context.openSession()
    const labelOf: LabelOf = (member) => memberLabel(repository, member)
    const sequenceWidth = Math.max('entry'.length, String(repository.journal.state.head.sequence).length)
    await context.output.text(logPieces(context, journalLog(repository, { since, limit }), labelOf, sequenceWidth))
    warnOfVoids(
      context.output,
      [...repository.journal.state.voids.keys()].map((sequence) => ({ sequence })),
    )
  },
})

async function* logPieces(
  { output }: CommandContext,
  lines: ReturnType<typeof journalLog>,
  labelOf: LabelOf,
  width: number,
): AsyncGenerator<string> {
  if (!output.json) yield `${bold(journalHeading(width))}\n`
  for await (const line of lines) yield output.json ? `${jsonText(journalJson(line, labelOf))}\n` : `${journalText(line, labelOf, width)}\n`
}

function checkCount(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return
  throw new UsageError(name, `--${name} takes a whole number of at least ${least}.`, { hint: `As in: --${name} 10` })
}
