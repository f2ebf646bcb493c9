// `cairn stats`: raw, deduplicated and stored sizes.

import { toHex } from '../../format/bytes.ts'
import { entryAt, inSnapshot } from '../../src/operations/snapshot-tree.ts'
import type { DirectoryStats, RepositoryStats, SizeStats } from '../../src/operations/stats/stats.ts'
import type { SnapshotRecord } from '../../src/repository/journal/state.ts'
import { type Cell, humanBytes, humanCount, humanTime, right, table } from '../output/human.ts'
import { pathJson, pathText } from '../output/path-text.ts'
import { defineCommand } from '../run.ts'
import { openSnapshot, PATH_NOTE, SNAPSHOT_NOTE } from '../snapshot-argument.ts'

export const command = defineCommand({
  command: 'stats [snapshot]',
  describe: 'show raw, deduplicated and stored sizes',
  examples: [
    ['cairn stats', 'the repository, and what each snapshot added to it'],
    ['cairn stats latest', 'what one snapshot takes'],
    ['cairn stats latest --by-directory', 'and each directory in its root'],
    ['cairn stats laptop:home/me', 'what one directory of it takes'],
  ],
  exits: ['no-repository', 'key', 'stop', 'format', 'integrity', 'not-found', 'store'],
  notes:
    `${SNAPSHOT_NOTE} ${PATH_NOTE}\n\nDeduplicated counts equal pieces once, within the snapshot or within the directory. Stored is their share of the ` +
    'compressed blocks that hold them. Pieces that two directories share count in both.',
  reads: true,
  builder: (yargs) =>
    yargs
      .positional('snapshot', { type: 'string', describe: 'SNAPSHOT or SNAPSHOT:PATH; without it the whole repository' })
      .option('by-directory', {
        type: 'boolean',
        default: false,
        describe: 'the directories in it, too; of latest, unless a snapshot is named',
      }),
  async run(args, { openSession, output, signal }) {
    const { repositoryStats, snapshotStats } = await import('../../src/operations/stats/stats.ts')
    const session = await openSession()
    const { repository } = session
    if (args.snapshot === undefined && !args.byDirectory) {
      const stats = await repositoryStats(repository)
      const { snapshots } = repository.journal.state
      output.result({ ...stats, bySnapshot: snapshots.map(addedJson) }, () => humanRepository(stats, snapshots))
      return
    }
    const { snapshot, manifest, path } = await openSnapshot(session, args.snapshot ?? 'latest')
    const from = await inSnapshot(snapshot, entryAt(repository, manifest.root, path))
    const { directories, ...stats } = await inSnapshot(snapshot, snapshotStats(repository, from, signal))
    const byDirectory = args.byDirectory ? directories : []
    const json = byDirectory.map(({ path, ...sizes }) => ({ ...pathJson(path), ...sizes }))
    const at = path.length === 0 ? {} : pathJson(from.path)
    output.result({ snapshot: snapshot.manifest, ...at, ...stats, ...(args.byDirectory && { directories: json }) }, () =>
      [
        `${path.length === 0 ? '' : `${pathText(from.path)} in `}Snapshot ${snapshotName(snapshot)}`,
        '',
        humanSnapshot(stats, byDirectory),
      ].join('\n'),
    )
  },
})

function snapshotName({ manifest, details }: SnapshotRecord): string {
  return `${toHex(manifest).slice(0, 8)} of ${details.series}, of ${humanTime(details.createdAt)}`
}

function addedJson({ manifest, details }: SnapshotRecord): object {
  const { series, createdAt, files, bytes, newBytes, storedBytes } = details
  return { snapshot: toHex(manifest), series, createdAt, files, rawBytes: bytes, newBytes, storedBytes }
}

function humanRepository(stats: RepositoryStats, snapshots: readonly SnapshotRecord[]): string {
  const { rawBytes, uniqueBytes, dataPackBytes, treePackBytes, packs, chunks } = stats
  const stored = dataPackBytes + treePackBytes
  const rows = snapshots.map(({ manifest, details }) => [
    toHex(manifest).slice(0, 8),
    humanTime(details.createdAt).slice(0, 19),
    details.series,
    right(humanBytes(details.bytes)),
    right(humanBytes(details.newBytes)),
    right(humanBytes(details.storedBytes)),
  ])
  return [
    `${humanCount(stats.snapshots)} snapshots: ${humanBytes(rawBytes)} raw, ${humanBytes(uniqueBytes)} deduplicated, ${humanBytes(stored)} stored${stored === 0 ? '' : `; ${ratio(rawBytes, stored)}`}`,
    `${humanCount(packs)} packs (${humanBytes(dataPackBytes)} data, ${humanBytes(treePackBytes)} trees), ${humanCount(chunks)} chunks`,
    ...(rows.length === 0 ? [] : ['', table([['snapshot', 'time (UTC)', 'series', right('raw'), right('new'), right('stored')], ...rows])]),
  ].join('\n')
}

function humanSnapshot(
  stats: SizeStats & { treeRawBytes: number; treeStoredBytes: number },
  directories: readonly DirectoryStats[],
): string {
  const { missingChunks, treeRawBytes, treeStoredBytes } = stats
  const rows: Cell[][] = [
    ['', right('files'), right('raw'), right('deduplicated'), right('stored'), right('raw to stored')],
    ...directories.map((each) => sizesRow(each.path.length === 0 ? '(files in the root)' : `${pathText(each.path)}/`, each)),
    sizesRow('all', stats),
  ]
  return [
    table(rows),
    `trees: ${humanBytes(treeRawBytes)} raw, ${humanBytes(treeStoredBytes)} stored`,
    ...(missingChunks === 0 ? [] : [`${humanCount(missingChunks)} chunks are not in the index: run 'cairn verify'`]),
  ].join('\n')
}

function sizesRow(name: string, { files, rawBytes, deduplicatedBytes, storedBytes }: SizeStats): Cell[] {
  const bytes = [rawBytes, deduplicatedBytes, storedBytes].map((each) => right(humanBytes(each)))
  return [name, right(humanCount(files)), ...bytes, right(ratio(rawBytes, storedBytes))]
}

function ratio(rawBytes: number, storedBytes: number): string {
  return storedBytes === 0 ? '' : `${(rawBytes / storedBytes).toFixed(1)} to 1`
}
