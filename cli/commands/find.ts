// `cairn find`: searches snapshots for paths.

import { toHex } from '../../format/bytes.ts'
import { UsageError } from '../../src/errors.ts'
import { find, type Unsearched } from '../../src/operations/find/find.ts'
import { resolveSnapshot, splitSnapshotPath } from '../../src/repository/journal/snapshot-names.ts'
import type { JournalState, SnapshotRecord } from '../../src/repository/journal/state.ts'
import { DAMAGE_HINT } from '../../src/repository/objects/damage.ts'
import { entryJson, shortLine } from '../output/entry.ts'
import { colour } from '../output/human.ts'
import { notePartial } from '../output/partial.ts'
import { printableLine } from '../output/path-text.ts'
import { defineCommand } from '../run.ts'
import { SNAPSHOT_NOTE } from '../snapshot-argument.ts'

/** Problems that programs find in the result. */
const KEPT_PROBLEMS = 1000

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
  notes: `${SNAPSHOT_NOTE} In a pattern, * and ? stop at slashes, ** does not; a slash at the end means directories; [a-z] and [!a-z] are sets; \\ takes the next letter as it is.`,
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
    const problems: Unsearched[] = []
    let errors = 0
    const onDamage = (damage: Unsearched): void => {
      errors += 1
      if (problems.length < KEPT_PROBLEMS) problems.push(damage)
      output.warning(`${colour('yellow', 'not searched')} ${printableLine(damage.message)}`)
    }
    let matches = 0
    const found = counted(find(repository, snapshots, pattern, { ...(args.allSnapshots && { onDamage }), signal }), () => matches++)
    await output.list({ pattern }, 'matches', found, {
      json: ({ snapshot, ...match }) => ({ snapshot: toHex(snapshot.manifest), ...entryJson(match) }),
      human: ({ snapshot, ...match }) => `${toHex(snapshot.manifest).slice(0, 8)}:${shortLine(match)}`,
      tail: () => ({ errors, problems: problems.map(problemJson) }),
    })
    if (matches === 0) output.note(`Nothing matches ${printableLine(pattern)}.`)
    if (errors === 0) return
    output.warning(`Not everything could be searched. ${DAMAGE_HINT}`)
    return 'integrity'
  },
})

async function* counted<T>(found: AsyncIterable<T>, count: () => void): AsyncGenerator<T> {
  for await (const each of found) {
    count()
    yield each
  }
}

function problemJson({ snapshot, message }: Unsearched): object {
  return { snapshot: toHex(snapshot.manifest), message }
}

function searched(
  state: JournalState,
  args: { snapshot: string; pattern: string | undefined; allSnapshots: boolean },
): readonly SnapshotRecord[] {
  if (args.allSnapshots && args.pattern === undefined) return state.snapshots
  assertWhole(args.snapshot)
  if (!args.allSnapshots) return [resolveSnapshot(state, args.snapshot)]
  const { series } = resolveSnapshot(state, args.snapshot).details
  return state.snapshots.filter(({ details }) => details.series === series)
}

function assertWhole(snapshot: string): void {
  const { name, path } = splitSnapshotPath(snapshot)
  if (path === undefined) return
  throw new UsageError('path-in-find', `'find' searches a whole snapshot, not ${printableLine(path)} in it.`, {
    hint: `Write the path into the pattern, as in: cairn find ${name} '${printableLine(path)}/**'`,
  })
}
