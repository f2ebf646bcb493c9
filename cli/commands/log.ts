// `cairn log`: lists snapshots.

import { UsageError } from '../../src/errors.ts'
import { defaultSeries } from '../../src/operations/commit/series.ts'
import { log } from '../../src/operations/log/log.ts'
import type { JournalState } from '../../src/repository/journal/state.ts'
import { logLineJson, logText } from '../output/log.ts'
import { defineCommand } from '../run.ts'

export const command = defineCommand({
  command: 'log [series]',
  describe: 'list snapshots, newest first',
  examples: [
    ['cairn log', 'all snapshots'],
    ['cairn log laptop --limit 5', 'the last five of a series'],
    ['cairn log --json', 'with everything that the journal says of them'],
  ],
  exits: ['no-repository', 'key', 'stop', 'not-found', 'store'],
  reads: true,
  builder: (yargs) =>
    yargs
      .positional('series', { type: 'string', describe: 'only this series: its name, or the absolute path where that made the name' })
      .option('limit', { alias: 'n', type: 'number', requiresArg: true, describe: 'at most so many' }),
  async run({ series, limit }, { openSession, output }) {
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
      throw new UsageError('limit', '--limit takes a whole number of at least 1.', { hint: 'As in: --limit 10' })
    }
    const { repository } = await openSession()
    const { state } = repository.journal
    const lines = log(state, { series: series === undefined ? undefined : seriesNamed(state, series), limit })
    output.result({ repository: repository.id, snapshots: lines.map(logLineJson) }, () => logText(lines, process.stdout.columns))
  },
})

/** A series by its name, or by the path that a commit without --name names it after. */
function seriesNamed(state: JournalState, text: string): string {
  if (state.heads.has(text) || !text.startsWith('/')) return text
  const ofPath = defaultSeries(text)
  return state.heads.has(ofPath) ? ofPath : text
}
