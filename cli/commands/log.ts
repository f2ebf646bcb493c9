// `cairn log`: lists snapshots.

import { toHex } from '../../format/bytes.ts'
import { UsageError } from '../../src/errors.ts'
import { type LogLine, log } from '../../src/operations/log/log.ts'
import { colour, dim, humanBytes, humanCount, humanTime, right, table } from '../output/human.ts'
import { uuidText } from '../output/ids.ts'
import { printableLine } from '../output/path-text.ts'
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
  builder: (yargs) =>
    yargs
      .positional('series', { type: 'string', describe: 'only this series' })
      .option('limit', { alias: 'n', type: 'number', requiresArg: true, describe: 'at most so many' }),
  async run({ series, limit }, { openSession, output }) {
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
      throw new UsageError('limit', '--limit takes a whole number of at least 1.', { hint: 'As in: --limit 10' })
    }
    const { repository } = await openSession()
    const lines = log(repository.journal.state, { series, limit })
    output.result({ repository: repository.id, snapshots: lines.map(jsonLine) }, () => humanLines(lines))
  },
})

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
  const partial = problemCount === 0 ? '' : colour('yellow', `(${humanCount(problemCount)} problems) `)
  return [
    toHex(snapshot.manifest).slice(0, 8),
    humanTime(createdAt).slice(0, 19),
    series,
    right(humanCount(files)),
    right(humanBytes(bytes)),
    right(humanBytes(storedBytes)),
    tags + partial + printableLine(description),
  ]
}
