// `cairn log`: lists snapshots.

import { toHex } from '../../format/bytes.ts'
import { UsageError } from '../../src/errors.ts'
import { defaultSeries } from '../../src/operations/commit/series.ts'
import { type LogLine, log } from '../../src/operations/log/log.ts'
import type { JournalState } from '../../src/repository/journal/state.ts'
import { colour, dim, humanBytes, humanCount, humanTime, plural, right, table } from '../output/human.ts'
import { uuidText } from '../output/ids.ts'
import { cut, printableLine } from '../output/path-text.ts'
import { defineCommand } from '../run.ts'

const DESCRIPTION_CHARACTERS = 120

export const command = defineCommand({
  command: 'log [series]',
  describe: 'list snapshots, newest first',
  examples: [
    ['cairn log', 'all snapshots'],
    ['cairn log laptop --limit 5', 'the last five of a series'],
    ['cairn log --json', 'with everything that the journal says of them'],
  ],
  exits: ['no-repository', 'key', 'stop', 'not-found', 'store'],
  builder: (yargs) =>
    yargs
      .positional('series', { type: 'string', describe: 'only this series: its name, or the absolute path that it was made of' })
      .option('limit', { alias: 'n', type: 'number', requiresArg: true, describe: 'at most so many' }),
  async run({ series, limit }, { openSession, output }) {
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
      throw new UsageError('limit', '--limit takes a whole number of at least 1.', { hint: 'As in: --limit 10' })
    }
    const { repository } = await openSession()
    const { state } = repository.journal
    const lines = log(state, { series: series === undefined ? undefined : seriesNamed(state, series), limit })
    output.result({ repository: repository.id, snapshots: lines.map(jsonLine) }, () => humanLines(lines))
  },
})

/** A series by its name, or by the path that a commit without --name names it after. */
function seriesNamed(state: JournalState, text: string): string {
  if (state.heads.has(text) || !text.startsWith('/')) return text
  const ofPath = defaultSeries(text)
  return state.heads.has(ofPath) ? ofPath : text
}

function jsonLine({ snapshot, tagNames }: LogLine): object {
  const { sequence, manifest, member, details } = snapshot
  return { snapshot: toHex(manifest), sequence, member: toHex(member), ...details, backupId: uuidText(details.backupId), tagNames }
}

function humanLines(lines: readonly LogLine[]): string {
  if (lines.length === 0) return "No snapshots yet. Make one with 'cairn commit PATH'."
  const heading = ['snapshot', 'time (UTC)', 'series', right('files'), right('size'), right('stored'), 'description']
  return table([heading, ...lines.map(humanLine)])
}

function humanLine({ snapshot, tagNames }: LogLine) {
  const { series, createdAt, files, bytes, storedBytes, description, problemCount } = snapshot.details
  const tags = tagNames.length === 0 ? '' : dim(`[${tagNames.join(', ')}] `)
  const partial = problemCount === 0 ? '' : colour('yellow', `(${plural(problemCount, 'problem')}) `)
  return [
    toHex(snapshot.manifest).slice(0, 8),
    humanTime(createdAt).slice(0, 19),
    series,
    right(humanCount(files)),
    right(humanBytes(bytes)),
    right(humanBytes(storedBytes)),
    tags + partial + firstLine(description),
  ]
}

/** Tables have room for one line; `show` has the rest. */
function firstLine(description: string): string {
  const [first = '', ...more] = description.trimEnd().split('\n')
  return cut(printableLine(first) + (more.length === 0 ? '' : ' …'), DESCRIPTION_CHARACTERS)
}
