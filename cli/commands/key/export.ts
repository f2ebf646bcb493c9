// `cairn key export`: an identity for a machine that may only write.

import path from 'node:path'
import { toHex } from '../../../format/bytes.ts'
import { UsageError } from '../../../src/errors.ts'
import { printableLine } from '../../output/path-text.ts'
import { defineCommand } from '../../run.ts'
import { assertApartFromRepository } from '../../secret-place.ts'
import { seriesArgument } from '../../snapshot-argument.ts'
import { limitedText } from '../../text-limits.ts'
import { identityKeeper } from './identity-keeper.ts'

export const exportWriter = defineCommand({
  command: 'export',
  describe: 'make an identity for a machine that may only write',
  examples: [
    ['cairn key export --writer --series db1,db1-config -o db1.json --label root@db1', 'it commits to these two series, and reads nothing'],
  ],
  exits: ['no-repository', 'key', 'access', 'stop', 'store'],
  notes:
    'For owners; neither an AI agent nor a scheduled job may. Take the file to the other machine and name it there with --identity or CAIRN_IDENTITY. It ' +
    'cannot read, restore, verify, tag, change members, or commit to another series.',
  builder: (yargs) =>
    yargs
      .option('writer', { type: 'boolean', demandOption: true, describe: 'with the rights of a writer (the only ones that are exported)' })
      .option('series', { type: 'string', requiresArg: true, demandOption: true, describe: 'names of its series, joined by commas' })
      .option('output', { alias: 'o', type: 'string', requiresArg: true, demandOption: true, describe: 'the file; it must not exist' })
      .option('label', { type: 'string', requiresArg: true, describe: 'what people call it' }),
  async run(args, { openSession, output }) {
    if (!args.writer)
      throw new UsageError('writer-only', 'Only a writer can be exported.', {
        hint: 'For a reader or owner: cairn key add --new-identity FILE.',
      })
    const keep = await identityKeeper(args.output)
    const series = args.series.split(',').map((name) => seriesArgument(name.trim()))
    const label = limitedText('--label', args.label ?? path.basename(args.output, '.json'))
    const session = await openSession()
    assertApartFromRepository(args.output, session.store.location)
    const { refuseUnlessPerson } = await import('../../../src/control/access/authorize.ts')
    const { exportWriter: make } = await import('../../../src/operations/key/add.ts')
    await refuseUnlessPerson(session, 'key export')
    const { slot, member } = await make(session.repository, { series, label, keep })
    output.result({ identityFile: path.resolve(args.output), slot: toHex(slot.id), member: toHex(member), series, label }, () =>
      output.quiet ? '' : `Made ${printableLine(path.resolve(args.output))}: ${printableLine(label)} may commit to ${series.join(', ')}`,
    )
  },
})
