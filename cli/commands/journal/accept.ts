// `cairn journal accept`: the way back after a legitimate loss; by an approved plan.

import { fromHex, toHex } from '../../../format/bytes.ts'
import { UsageError } from '../../../src/errors.ts'
import type { Pin } from '../../../src/repository/journal/pins.ts'
import { addPlanOptions, decisionOf, PERSONS_PLAN_NOTE, planResult } from '../../approval.ts'
import { sessionOptions } from '../../options.ts'
import { defineCommand } from '../../run.ts'

export const accept = defineCommand({
  command: 'accept',
  describe: 'accept that the journal lost entries, after a legitimate return to an older copy',
  examples: [
    ['cairn journal accept --reason "disk restored from Tuesday" --plan', 'show what is given up, and the digest'],
    ['cairn journal accept --reason "disk restored from Tuesday" --apply DIGEST', 'accept exactly that'],
    ['cairn journal accept --reason "the same" --lost 57:HASH', 'what another machine lost, as its error says'],
  ],
  exits: ['no-repository', 'key', 'access', 'stop', 'integrity', 'store'],
  notes: `For owners. Clients that miss exactly the same entry go on by themselves afterwards.\n\n${PERSONS_PLAN_NOTE}`,
  builder: (yargs) =>
    addPlanOptions(
      yargs
        .option('reason', {
          type: 'string',
          requiresArg: true,
          demandOption: true,
          describe: 'why the loss is legitimate; kept in the journal',
        })
        .option('lost', { type: 'string', requiresArg: true, describe: 'SEQUENCE:HASH that another machine misses' }),
    ),
  async run(args, context) {
    const { openUnpinned } = await import('../../../src/control/acceptance/unpinned-session.ts')
    const { acceptLoss } = await import('../../../src/control/acceptance/accept-loss.ts')
    const decision = decisionOf(args, context)
    if (args.reason.trim() === '')
      throw new UsageError('empty-argument', 'The value of --reason is empty.', { hint: 'Say why the loss is legitimate.' })
    const options = { reason: args.reason, lost: args.lost === undefined ? undefined : lostPin(args.lost) }
    const session = await openUnpinned(sessionOptions(args, context.env))
    try {
      const outcome = await acceptLoss(session, options, decision)
      if (outcome.kind === 'planned') return planResult(context, outcome)
      const { lost, sequence } = outcome.result
      const { output } = context
      output.result({ accepted: true, sequence, lost: { sequence: lost.sequence, hash: toHex(lost.hash) } }, () =>
        output.quiet ? '' : `Accepted: the journal goes on at entry ${sequence}, without entry ${lost.sequence}`,
      )
    } finally {
      await session.close()
    }
  },
})

function lostPin(text: string): Pin {
  const [, digits, hash] = /^([0-9]{1,15}):([0-9a-fA-F]{64})$/.exec(text) ?? []
  if (digits !== undefined && hash !== undefined) return { sequence: Number(digits), hash: fromHex(hash.toLowerCase(), 32) }
  throw new UsageError('lost', '--lost takes SEQUENCE:HASH, the hash with 64 hexadecimal digits.', {
    hint: 'The error on the other machine names both.',
  })
}
