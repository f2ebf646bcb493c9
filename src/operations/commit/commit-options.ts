// What a commit is asked for.

import type { Manifest } from '../../../format/manifest.ts'
import type { JournalState } from '../../repository/journal/state.ts'
import type { ScopeRules } from '../../sources/filesystem/scope.ts'
import type { CaptureRoot } from '../../sources/filesystem/selection.ts'
import type { CaptureCache } from './cached-directory.ts'

/** What a person or program says of a snapshot; absent texts are empty. SPEC §6.5 */
export type SnapshotFacts = Pick<
  Manifest,
  | 'series'
  | 'createdBy'
  | 'actor'
  | 'source'
  | 'description'
  | 'requestId'
  | 'environment'
  | 'host'
  | 'toolVersion'
  | 'applicationVersion'
  | 'storageSpecVersion'
  | 'tags'
  | 'excludes'
>

export interface CommitProgress {
  readonly files: number
  readonly bytes: number
  readonly readBytes: number
  readonly storedBytes: number
  readonly problems: number
}

export interface CommitOptions extends ScopeRules {
  readonly root: CaptureRoot
  /** Instead of files: one file of this name (latin1 text) with what the stream brings. */
  readonly stdin?: { readonly name: string; readonly stream: AsyncIterable<Uint8Array> }
  readonly facts: SnapshotFacts
  /** Asked of the state in which the snapshot is to stand; throws when the series has become another source's meanwhile. */
  readonly assertSource?: ((state: JournalState) => void) | undefined
  /** Gives the catalog's rows, given the objects that the store holds now; undefined to read every file. */
  readonly openCache?: (held: readonly string[]) => CaptureCache | undefined
  /** Whether every file is read again, also those that look unchanged, given the same objects; no unless told. */
  readonly rereads?: (held: readonly string[]) => boolean
  /** Packs, by id as hex, that verification found damaged: their chunks are stored again. */
  readonly damagedPacks?: ReadonlySet<string>
  readonly level?: number
  /** How many threads read and pack; 0 works in this thread. As many as there are cores unless told. */
  readonly threads?: number
  readonly onProgress?: (progress: CommitProgress) => void
  readonly onProblem?: (problem: { path: Uint8Array; kind: string; message: string }) => void
  /** Takes the place, below the root, at which the repository itself was come upon and left out. */
  readonly onOwnDirectory?: (path: Buffer) => void
  /** Takes what a person should know though the snapshot stands. */
  readonly onRemark?: (text: string) => void
  readonly signal?: AbortSignal
}
