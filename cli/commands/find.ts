// `cairn find`: searches snapshots for paths.

import { toHex } from '../../format/bytes.ts'
import { UsageError } from '../../src/errors.ts'
import { find } from '../../src/operations/find/find.ts'
import { resolveSnapshot } from '../../src/repository/journal/snapshot-names.ts'
import type { JournalState, SnapshotRecord } from '../../src/repository/journal/state.ts'
import { entryJson, shortLine } from '../output/entry.ts'
import { notePartial } from '../output/partial.ts'
import { defineCommand } from '../run.ts'
import { SNAPSHOT_NOTE } from '../snapshot-argument.ts'

export const command = defineCommand({
  command: 'find <snapshot> [pattern]',
  describe: 'search snapshots for paths that match a pattern',
  examples: [
    ['cairn find latest "*.sql"', 'by name, anywhere'],
    ['cairn find latest "home/*/.ssh/**"', 'a pattern with a slash is held against the whole path'],
    ['cairn find --all-snapshots invoice.pdf', 'in every snapshot'],
    ['cairn find laptop "*.key" --all-snapshots', 'in every snapshot of a series'],
  ],
  exits: ['no-repository', 'key', 'stop', 'format', 'integrity', 'not-found', 'store'],
  notes: `${SNAPSHOT_NOTE} In a pattern, * and ? stop at slashes, ** does not; [a-z] and [!a-z] are sets; \\ takes the next letter as it is.`,
  reads: true,
  builder: (yargs) =>
    yargs
      .positional('snapshot', { type: 'string', demandOption: true, describe: 'where; with --all-snapshots a series, or nothing' })
      .positional('pattern', { type: 'string', describe: 'what' })
      .option('all-snapshots', { type: 'boolean', default: false, describe: 'search every snapshot, oldest first' }),
  async run(args, { openSession, output, signal }) {
    const pattern = args.pattern ?? (args.allSnapshots ? args.snapshot : undefined)
    if (pattern === undefined) throw new UsageError('no-pattern', 'No pattern was named.', { hint: 'As in: cairn find latest "*.sql"' })
    const { repository } = await openSession()
    const snapshots = searched(repository.journal.state, args)
    notePartial(output, snapshots)
    await output.list({ pattern }, 'matches', find(repository, snapshots, pattern, signal), {
      json: ({ snapshot, ...found }) => ({ snapshot: toHex(snapshot.manifest), ...entryJson(found) }),
      human: ({ snapshot, ...found }) => `${toHex(snapshot.manifest).slice(0, 8)}:${shortLine(found)}`,
    })
  },
})

function searched(
  state: JournalState,
  args: { snapshot: string; pattern: string | undefined; allSnapshots: boolean },
): readonly SnapshotRecord[] {
  if (!args.allSnapshots) return [resolveSnapshot(state, args.snapshot)]
  if (args.pattern === undefined) return state.snapshots
  const { series } = resolveSnapshot(state, args.snapshot).details
  return state.snapshots.filter(({ details }) => details.series === series)
}
