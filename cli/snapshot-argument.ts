// The arguments SNAPSHOT and SNAPSHOT:PATH of many commands.

import path from 'node:path'
import type { Manifest } from '../format/manifest.ts'
import { isSeriesName } from '../format/names.ts'
import type { Session } from '../src/control/session/session.ts'
import { NotFoundError, UsageError } from '../src/errors.ts'
import { resolveSnapshot, splitSnapshotPath } from '../src/repository/journal/snapshot-names.ts'
import type { SnapshotRecord } from '../src/repository/journal/state.ts'
import { cut, parsePathText } from './output/path-text.ts'
import { placeAt } from './place.ts'

export interface OpenedSnapshot {
  readonly snapshot: SnapshotRecord
  readonly manifest: Manifest
  /** The path behind the colon; empty for none. */
  readonly path: Buffer
}

const ONLY_DIFF: DirectoryHint = (directory) => `Only 'cairn diff' takes a directory on disk, as its second argument: ${directory}`

/** How a snapshot is named, for `--help`. */
export const SNAPSHOT_NOTE =
  'SNAPSHOT is the beginning of an id (4 digits or more), latest, latest~2, SERIES, SERIES~1, SERIES@2026-11-20T10:00, or a tag. ' +
  'A time is UTC, as log prints it, unless it ends in a zone (Z, +02:00); a day, minute or second counts to its end.'

/** How a path is written, for `--help`. */
export const PATH_NOTE = 'In PATH, \\xNN stands for a byte that is no UTF-8, and \\\\ for a backslash.'

/** The name of a series as it was typed. @throws {UsageError} `series-name` when it cannot name one. */
export function seriesArgument(name: string): string {
  if (isSeriesName(name)) return name
  throw new UsageError('series-name', `'${cut(name, 80)}' cannot name a series.`, {
    hint: 'Use 1 to 128 of A-Z a-z 0-9 . _ / -, beginning with a letter, a digit or _; not latest, and nothing that could be an id.',
  })
}

/** What to say to whoever named no snapshot, but a directory that is there. */
export type DirectoryHint = (directory: string) => string

/** Resolves SNAPSHOT or SNAPSHOT:PATH and reads its manifest, checked against the journal. */
export async function openSnapshot({ repository }: Session, text: string, directoryHint = ONLY_DIFF): Promise<OpenedSnapshot> {
  const { name, path } = splitSnapshotPath(text)
  const snapshot = withDirectoryHint(text, directoryHint, () => resolveSnapshot(repository.journal.state, name))
  return { snapshot, manifest: await repository.readManifest(snapshot), path: parsePathText(path ?? '') }
}

/** Who names a directory that is there means that one, and `diff` needs to be told. */
function withDirectoryHint<T>(text: string, directoryHint: DirectoryHint, resolve: () => T): T {
  try {
    return resolve()
  } catch (error) {
    const isNone = error instanceof NotFoundError && error.code === 'snapshot-not-found'
    if (!isNone || placeAt(text)?.isDirectory() !== true) throw error
    const directory = path.isAbsolute(text) ? text : `./${path.normalize(text)}`
    throw new NotFoundError(error.code, error.message, {
      hint: `${error.hint} ${directoryHint(directory)}`,
      fields: error.fields,
      cause: error,
    })
  }
}
