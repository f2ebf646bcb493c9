// `cairn diff`: what changed between two snapshots, or since a snapshot.

import path from 'node:path'
import type { Manifest } from '../../format/manifest.ts'
import { ENTRY_DIRECTORY } from '../../format/tree.ts'
import type { Session } from '../../src/control/session/session.ts'
import { UsageError } from '../../src/errors.ts'
import type { Change } from '../../src/operations/diff/change.ts'
import { type DiffSides, diff } from '../../src/operations/diff/diff.ts'
import { LinkGroups } from '../../src/operations/diff/link-groups.ts'
import { bothSnapshots, missedBy, oneLive, type SnapshotPlace, snapshotNode } from '../../src/operations/diff/snapshot-side.ts'
import { entryAt, type FoundEntry, inSnapshot } from '../../src/operations/snapshot-tree.ts'
import { changeJson, changeLine, Summary } from '../output/change.ts'
import { printableLine } from '../output/path-text.ts'
import { placeAt } from '../place.ts'
import { defineCommand } from '../run.ts'
import { type DirectoryHint, openSnapshot, PATH_NOTE, SNAPSHOT_NOTE } from '../snapshot-argument.ts'

const WITH_DIRECTORY: DirectoryHint = (place) => `To compare with the directory here write ${place}`

export const command = defineCommand({
  command: 'diff <before> <after>',
  describe: 'compare two snapshots, or a snapshot and a live directory',
  examples: [
    ['cairn diff latest~1 latest', 'what the last commit changed'],
    ['cairn diff laptop /home/me', 'what changed on disk since then'],
    ['cairn diff latest:etc /etc', 'one directory of a snapshot'],
  ],
  exits: ['partial', 'no-repository', 'key', 'stop', 'format', 'integrity', 'not-found', 'store'],
  notes:
    `${SNAPSHOT_NOTE} AFTER is a directory when it begins with / or with a dot; of it only what a commit of the same paths with the same excludes would take is compared. ${PATH_NOTE}\n\n` +
    'Lines begin with + added, - removed, M other content, m other metadata, T other type, ! what could not be read, now or when the snapshot was made. On disk, a file of equal ' +
    'size and modification time counts as equal; where only the size is equal, the content is compared. Times of directories do not count; which names are one file (hard links) counts against a directory on disk, not between two snapshots.',
  reads: true,
  builder: (yargs) =>
    yargs
      .positional('before', { type: 'string', demandOption: true, describe: 'SNAPSHOT or SNAPSHOT:PATH' })
      .positional('after', { type: 'string', demandOption: true, describe: 'the same, or a directory' }),
  async run(args, { openSession, output, signal }) {
    const session = await openSession()
    const { sides, isSame, close } = await sidesOf(session, args.before, args.after)
    const summary = new Summary()
    try {
      const changes = counted(diff(sides, signal), summary)
      await output.list({ before: args.before, after: args.after }, 'changes', changes, {
        json: changeJson,
        human: changeLine,
        tail: () => ({ summary: summary.counts, same: summary.isEmpty }),
      })
    } finally {
      close()
    }
    if (!isSame || !summary.isEmpty) output.note(summary.text())
    if (isSame) output.note(sameText(args))
    return summary.counts.unreadable > 0 ? 'partial' : 'done'
  },
})

/** Nothing can differ there, and most who get it meant a directory that has the name of its series. */
function sameText({ before, after }: { readonly before: string; readonly after: string }): string {
  const text = `${printableLine(before)} and ${printableLine(after)} are the same snapshot: there is nothing to compare.`
  return placeAt(after)?.isDirectory() === true ? `${text} ${WITH_DIRECTORY(printableLine(`./${path.normalize(after)}`))}` : text
}

interface Compared {
  readonly sides: DiffSides
  /** Whether both are the same place in the same snapshot. */
  readonly isSame: boolean
  readonly close: () => void
}

async function sidesOf(session: Session, before: string, after: string): Promise<Compared> {
  const old = await directoryOf(session, before)
  const left = snapshotNode(old, old.entry)
  const missedBefore = missedBy(old.manifest, old.path)
  if (!/^[./]/.test(after)) {
    const now = await directoryOf(session, after, WITH_DIRECTORY)
    const right = { after: snapshotNode(now, now.entry), missedAfter: missedBy(now.manifest, now.path) }
    const isSame = now.snapshot === old.snapshot && now.path.equals(old.path)
    return { sides: { before: left, missedBefore, ...right, ...bothSnapshots }, isSame, close: () => undefined }
  }
  const { DirectoryHandles } = await import('../../src/sources/filesystem/directory-handle.ts')
  const { scopeOf } = await import('../../src/operations/diff/live-scope.ts')
  const { OwnDirectory } = await import('../../src/sources/filesystem/own-directory.ts')
  const { liveDirectory } = await import('../../src/operations/diff/live-side.ts')
  const handles = new DirectoryHandles()
  const place = old.path.toString('latin1')
  const scope = scopeOf(old.manifest, place)
  const handle = handles.root(existingDirectory(after), scope.isWay)
  const live = liveDirectory({ handle, path: place, scope, own: new OwnDirectory(session.repository.store.directory) })
  const right = { after: live, missedAfter: () => undefined, links: new LinkGroups() }
  return { sides: { before: left, missedBefore, ...right, ...oneLive }, isSame: false, close: () => handles.close() }
}

async function directoryOf(
  session: Session,
  text: string,
  directoryHint?: DirectoryHint,
): Promise<FoundEntry & SnapshotPlace & { readonly manifest: Manifest }> {
  const { repository } = session
  const { snapshot, manifest, path: below } = await openSnapshot(session, text, directoryHint)
  const found = await inSnapshot(snapshot, entryAt(repository, manifest.root, below))
  if (found.entry.type === ENTRY_DIRECTORY) return { ...found, repository, snapshot, manifest }
  throw new UsageError('not-a-directory', `${text} is no directory.`, { hint: 'Compare the directory that it lies in.' })
}

function existingDirectory(text: string): string {
  const absolute = path.resolve(text)
  const found = placeAt(absolute)
  if (found?.isDirectory() === true) return absolute
  if (found !== undefined)
    throw new UsageError('not-a-directory', `${absolute} is ${found.isFile() ? 'a file' : 'no directory'}.`, {
      hint: 'Compare the directory that it lies in.',
    })
  throw new UsageError('no-such-path', `There is no directory ${absolute}.`, { hint: 'Check the path and its permissions.' })
}

async function* counted(changes: AsyncIterable<Change>, summary: Summary): AsyncGenerator<Change> {
  for await (const change of changes) {
    summary.add(change)
    yield change
  }
}
