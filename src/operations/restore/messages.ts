// What travels between the main thread and the threads of a restore.

import type { DirectoryColumns } from '../../targets/directory-table.ts'
import type { MetadataOptions } from '../../targets/metadata.ts'
import type { RestoreProblem } from '../../targets/problem.ts'
import type { SharedRecords } from './columns.ts'
import type { EntryColumns, PieceColumns } from './planned-columns.ts'

/** What a thread works on. All arrays lie in shared memory. */
export interface RestoreWorkerData {
  readonly repository: Uint8Array
  readonly idKey: Uint8Array
  readonly target: { readonly rootFd: number; readonly device: number } & MetadataOptions
  readonly table: DirectoryColumns
  readonly directoryRecords: SharedRecords
  readonly entries: EntryColumns
  readonly pieces: PieceColumns
  readonly blocks: BlockColumns
  readonly progress: EntryProgress
}

/** The wanted blocks, and the pieces of each. */
export interface BlockColumns {
  /** Number of the block in its pack. */
  readonly numbers: Uint32Array
  /** Offset in the pack, and size as sealed. */
  readonly offsets: Uint32Array
  readonly sealedBytes: Uint32Array
  readonly pieces: Uint32Array
  readonly pieceEnds: Float64Array
}

/** What was done so far for each entry. */
export interface EntryProgress {
  /** Pieces of a spread file that are not written yet; changed by Atomics only. */
  readonly missing: Int32Array
  /** Inodes of allocated files and of those with further names; 0 when the entry was not created. */
  readonly inodes: BigUint64Array
  /** 1 for an entry that cannot be restored. */
  readonly failed: Uint8Array
}

export type RestoreJob =
  | { readonly kind: 'make-directories' | 'finish-directories'; readonly directories: Uint32Array }
  | { readonly kind: 'plain' | 'allocate' | 'link'; readonly entries: Uint32Array }
  | BlocksJob
  | { readonly kind: 'close' }

/** What a thread is told: first what it works on, which is not known yet when it starts. */
export type ThreadJob = RestoreJob | { readonly kind: 'begin'; readonly data: RestoreWorkerData }

/** A run of blocks: from `first`, below `end`. */
export interface BlocksJob {
  readonly kind: 'blocks'
  /** Bytes of the pack from `offset` on; too few of them, or no key, and the blocks count as damaged. */
  readonly bytes: Uint8Array
  readonly offset: number
  readonly blockKey: Uint8Array | undefined
  readonly first: number
  readonly end: number
}

/** What came of some work. */
export interface JobTally {
  readonly problems: readonly RestoreProblem[]
  /** Files completed, and bytes of content written. */
  readonly files: number
  readonly bytes: number
  /** Of these files, those that are not empty. */
  readonly filled: number
  /** Entries left out below directories that could not be made, owners that could not be given, and times that were rounded. */
  readonly leftOut: number
  readonly keptOwners: number
  readonly roundedTimes: number
}

export interface RestoreResult extends JobTally {
  /** Whole files that were not created, since a chunk did not open. */
  readonly failedEntries: readonly number[]
  /** Pieces of spread files that were not written, since the chunk did not open. */
  readonly failedPieces: readonly number[]
}
