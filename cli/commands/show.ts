// `cairn show`: everything that the manifest of a snapshot says.

import { toHex } from '../../format/bytes.ts'
import type { Manifest } from '../../format/manifest.ts'
import { UsageError } from '../../src/errors.ts'
import { entryAt, inSnapshot, ofSnapshot } from '../../src/operations/snapshot-tree.ts'
import type { SnapshotRecord } from '../../src/repository/journal/state.ts'
import { humanBytes, humanCount, humanDuration, humanTime, plural } from '../output/human.ts'
import { uuidText } from '../output/ids.ts'
import { jsonText, jsonWithList } from '../output/json.ts'
import { pathJson, pathText, printableLine } from '../output/path-text.ts'
import { defineCommand } from '../run.ts'
import { openSnapshot, SNAPSHOT_NOTE } from '../snapshot-argument.ts'

export const command = defineCommand({
  command: 'show <snapshot>',
  describe: 'show what is recorded of a snapshot',
  examples: [
    ['cairn show latest', 'the newest snapshot'],
    ['cairn show laptop@2026-11-20', 'the last one of a series on that day'],
    ['cairn show 3fa9 --json', 'all fields, and its files as BackupMetadata'],
  ],
  exits: ['no-repository', 'key', 'stop', 'format', 'integrity', 'not-found', 'store'],
  notes: SNAPSHOT_NOTE,
  reads: true,
  builder: (yargs) => yargs.positional('snapshot', { type: 'string', demandOption: true, describe: 'which snapshot' }),
  async run(args, { openSession, output, signal }) {
    const session = await openSession()
    const { snapshot, manifest, path } = await openSnapshot(session, args.snapshot)
    if (path.length > 0) {
      const found = await inSnapshot(snapshot, entryAt(session.repository, manifest.root, path))
      throw new UsageError('path-in-show', `'show' tells of a whole snapshot, not of ${pathText(found.path)} in it.`, {
        hint: `Leave the path out, or see 'cairn ls -l ${args.snapshot}' and 'cairn stats ${args.snapshot}'.`,
      })
    }
    if (!output.json) {
      output.result({}, () => humanManifest(snapshot, manifest))
      return
    }
    const { backupFiles, backupMetadata } = await import('../../src/operations/show/backup-metadata.ts')
    const metadata = await backupMetadata(session.repository, snapshot, manifest)
    const files = mapFiles(ofSnapshot(snapshot, backupFiles(session.repository, manifest.root, signal)))
    await output.text(nested(jsonManifest(snapshot, manifest), jsonWithList(metadata, 'files', files)))
  },
})

/** An object whose last member comes in pieces. */
async function* nested(head: object, backupMetadata: AsyncIterable<string>): AsyncGenerator<string> {
  yield `${jsonText(head).slice(0, -1)},"backupMetadata":`
  let waiting = ''
  for await (const piece of backupMetadata) {
    yield waiting
    waiting = piece
  }
  yield `${waiting.trimEnd()}}\n`
}

async function* mapFiles<T extends { readonly path: Uint8Array }>(files: AsyncIterable<T>): AsyncGenerator<object> {
  for await (const { path, ...file } of files) yield { ...pathJson(path), ...file }
}

function jsonManifest({ manifest: id, sequence, member }: SnapshotRecord, manifest: Manifest): object {
  const { root, roots, problems, parents, backupId, contentId, ...rest } = manifest
  return {
    snapshot: toHex(id),
    sequence,
    member: toHex(member),
    ...rest,
    backupId: uuidText(backupId),
    contentId: toHex(contentId),
    parents: parents.map(toHex),
    roots: roots.map(({ path, at }) => ({ ...pathJson(path), at: pathJson(at) })),
    rootMode: root.mode.toString(8).padStart(4, '0'),
    problems: problems.map(({ path, kind, message }) => ({ ...pathJson(path), kind, message })),
  }
}

const NAME_WIDTH = 13

/** Text of several lines, each below the beginning of the first. */
function indentedLines(text: string): string {
  const lines = text.trimEnd().split(/\r?\n/)
  return lines.map(printableLine).join(`\n${' '.repeat(NAME_WIDTH + 1)}`)
}

const OTHERS_LEFT_OUT = [
  ['excludeCaches', 'caches with a CACHEDIR.TAG'],
  ['oneFileSystem', 'other file systems'],
] as const

function humanManifest({ manifest: id, sequence }: SnapshotRecord, manifest: Manifest): string {
  const { statistics: s, roots, excludes, problems, problemCount, extensions = {} } = manifest
  const classes = Object.entries(s.classes).filter(([, { files }]) => files > 0)
  const rows: (readonly [string, string])[] = [
    ['snapshot', toHex(id)],
    ['backup id', uuidText(manifest.backupId)],
    ['content id', toHex(manifest.contentId)],
    ['series', manifest.series],
    ['journal', `entry ${sequence}`],
    ['parents', manifest.parents.map((parent) => toHex(parent).slice(0, 16)).join(', ')],
    ['created', `${humanTime(manifest.createdAt)}, in ${humanDuration(manifest.durationMs)}`],
    ['created by', printableLine(manifest.createdBy)],
    ['actor', printableLine(manifest.actor)],
    ['source', printableLine(manifest.source)],
    ['description', indentedLines(manifest.description)],
    ['request', printableLine(manifest.requestId)],
    ['environment', printableLine(manifest.environment)],
    ['host', printableLine(manifest.host)],
    ['tool', `cairn ${printableLine(manifest.toolVersion)}`],
    ['application', printableLine(manifest.applicationVersion)],
    ['storage spec', printableLine(manifest.storageSpecVersion)],
    [
      'tags',
      Object.entries(manifest.tags)
        .map(([key, value]) => `${key}=${printableLine(value)}`)
        .join(', '),
    ],
    ['paths', roots.map(({ path }) => pathText(path)).join(', ')],
    [
      'left out',
      [...excludes.map(printableLine), ...OTHERS_LEFT_OUT.filter(([key]) => extensions[key] === true).map(([, text]) => text)].join(', '),
    ],
    [
      'holds',
      `${plural(s.files, 'file')}, ${plural(s.directories, 'directory', 'directories')}, ${plural(s.symlinks, 'symlink')}, ${plural(s.others, 'other')}`,
    ],
    ['size', humanBytes(s.bytes)],
    ['classes', classes.map(([name, { files, bytes }]) => `${name} ${humanCount(files)} (${humanBytes(bytes)})`).join(', ')],
    [
      'new',
      `${humanCount(s.newFiles)} new and ${humanCount(s.changedFiles)} changed files, ${humanBytes(s.newBytes)}, ${humanBytes(s.storedBytes)} stored`,
    ],
    ['complete', manifest.complete ? 'yes' : `no, ${plural(problemCount, 'problem')}`],
  ]
  const lines = rows.filter(([, value]) => value !== '').map(([name, value]) => `${name.padEnd(NAME_WIDTH)} ${value}`)
  const problemLines = problems.map(({ path, kind, message }) => `  ${kind} ${pathText(path)}: ${printableLine(message)}`)
  return [...lines, ...problemLines].join('\n')
}
