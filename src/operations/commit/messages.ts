// What travels between the commit and its worker threads: batches of files and ranges of large ones; results; finished packs.

import type { SegmentPack } from '../../../format/index-segment.ts'
import type { StreamItem } from '../../../format/stream.ts'
import type { ChunkSizes } from '../../repository/chunk/gear.ts'
import type { ClaimMemory } from '../../repository/pack/claims.ts'

/** Everything that a worker thread needs to know, once. */
export interface CommitWorkerData {
  readonly repository: Uint8Array
  readonly epoch: number
  readonly sealingKey: Uint8Array
  readonly idKey: Uint8Array
  readonly gearKey: Uint8Array
  readonly chunkSizes: ChunkSizes
  readonly level: number
  readonly claims: ClaimMemory
}

/** A file by the handle of its directory, which stays open until the answer, and its name as latin1 text. */
export interface FileToRead {
  readonly directoryFd: number
  readonly name: string
  /** Whether the walk saw a regular file: then it is opened without another look. */
  readonly isRegular: boolean
}

/** A range of a file's data, in bytes. */
export type ByteRange = readonly [offset: number, length: number]

/** Many files, column by column: as objects they would take as long to send as to open. */
export interface FilesJob {
  readonly kind: 'files'
  /** Joined by '/', which no name holds. */
  readonly names: string
  readonly directoryFds: Int32Array
  /** 1 for a regular file. */
  readonly regular: Uint8Array
}

/**
 * Ranges of a file that whoever asks has opened, and keeps open until the answer: threads share descriptors. By its name each thread could
 * open another file: most programs save by putting a new one in the place of the old.
 */
export interface RangesJob {
  readonly kind: 'ranges'
  readonly fd: number
  readonly ranges: readonly ByteRange[]
}

/** Chunks that are stored already, to be claimed before the first file is read: short ids, column by column. */
export interface KnownJob {
  readonly kind: 'known'
  readonly shortIds: readonly Uint8Array[]
}

export type CommitJob =
  | KnownJob
  | FilesJob
  | RangesJob
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'finish' }

export type ProblemKind = 'changed' | 'vanished' | 'unreadable' | 'unsupported' | 'metadata'

/** Something that went wrong with file `index` of a batch. */
export interface FileProblem {
  readonly index: number
  readonly kind: ProblemKind
  readonly message: string
}

/** Results of a batch, by position in it. A file without an entry has length 0 and a problem. */
export interface FilesResult {
  readonly kind: 'files'
  /** The encoded entries, joined; `lengths` tells them apart. */
  readonly entries: Uint8Array
  readonly lengths: Uint32Array
  /** Stat records of STAT_RECORD_BYTES each, as the files were when they were read. */
  readonly stats: Uint8Array
  readonly problems: readonly FileProblem[]
  /** Files of too many pieces for one entry (many holes): the main thread reads them as it does large ones. */
  readonly long: readonly number[]
}

/** The data of ranges as items in order, from the beginning of the first; `isTorn` tells that the file ended and went on again. */
export interface RangesResult {
  readonly kind: 'ranges'
  readonly items: readonly StreamItem[]
  readonly isTorn: boolean
}

/** What a thread stored in all: chunks and raw bytes that were new. */
export interface FinishResult {
  readonly kind: 'finish'
  readonly newChunks: number
  readonly newBytes: number
}

export type CommitResult = { readonly kind: 'known' } | FilesResult | RangesResult | FinishResult

/** A finished pack on its way to the store, with what a segment says of it. */
export interface PackToStore extends SegmentPack {
  readonly bytes: Uint8Array
}

/** A pack of a thread; its number goes back to the thread when the memory is free, stored or not. */
export interface PackEvent extends PackToStore {
  readonly number: number
}
