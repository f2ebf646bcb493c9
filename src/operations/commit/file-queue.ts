// Files on their way to the worker threads: small ones in batches of neighbours, large ones in ranges, so that one file uses all
// cores. Bounded: the walk waits when too much is under way. Main thread.

import { asBuffer } from '../../../format/bytes.ts'
import type { Stream } from '../../../format/stream.ts'
import type { PutChunk } from '../../repository/objects/stream-writer.ts'
import { discard } from '../../runtime/discard.ts'
import type { JobPool } from '../../runtime/job-pool.ts'
import { LARGE_FILE_BYTES, readLargeFile } from './large-file.ts'
import type { CommitJob, CommitResult, FileProblem, FilesJob, FilesResult, RangesResult } from './messages.ts'

/**
 * A file to be read, and who wants to know: the encoded entry (none when it could not be read) and its stat record, number `at` of
 * `stats`. The memory of both is gone after the call.
 */
export interface QueuedFile {
  readonly directoryFd: number
  readonly name: string
  readonly isRegular: boolean
  readonly sizeBytes: number
  done(entry: Uint8Array | undefined, stats: Buffer, at: number, problem: Omit<FileProblem, 'index'> | undefined): void
}

const BATCH_FILES = 512
const BATCH_BYTES = 4 << 20
/** Where changes are scattered a batch would else be full when the walk is nearly over, and the threads would begin only then. */
const BATCH_DIRECTORIES = 128
const MOST_FILES_UNDER_WAY = 4096
const MOST_BATCHES_UNDER_WAY = 12

export class FileQueue {
  readonly #pool: JobPool<CommitJob, CommitResult>
  readonly #putTree: PutChunk
  readonly #prepare: () => Promise<void>
  #batch: QueuedFile[] = []
  #batchBytes = 0
  #batchDirectories = 0
  #filesUnderWay = 0
  #begun = false
  #dropped = false
  readonly #running = new Set<Promise<void>>()
  #failure: { error: unknown } | undefined

  /** `prepare` is awaited before the first job. */
  constructor(pool: JobPool<CommitJob, CommitResult>, putTree: PutChunk, prepare: () => Promise<void>) {
    this.#pool = pool
    this.#putTree = putTree
    this.#prepare = prepare
  }

  get isFull(): boolean {
    return this.#filesUnderWay >= MOST_FILES_UNDER_WAY || this.#running.size >= MOST_BATCHES_UNDER_WAY
  }

  add(file: QueuedFile): void {
    this.#begin()
    this.#filesUnderWay++
    if (file.sizeBytes > LARGE_FILE_BYTES) {
      this.#track(this.#readLarge(file))
      return
    }
    if (this.#batch.at(-1)?.directoryFd !== file.directoryFd) this.#batchDirectories++
    this.#batch.push(file)
    this.#batchBytes += file.sizeBytes
    if (this.#isBatchFull) this.#flush()
  }

  get #isBatchFull(): boolean {
    return this.#batch.length >= BATCH_FILES || this.#batchBytes >= BATCH_BYTES || this.#batchDirectories >= BATCH_DIRECTORIES
  }

  /** What the first batch will need is made ready while it fills. */
  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    this.#pool.warm()
    this.#track(this.#prepare())
  }

  /** Stores values that are in memory already; `done` gets a stream for each. */
  addValues(values: readonly Uint8Array[], done: (streams: readonly Stream[]) => void): void {
    this.#track(this.#storeValues(values, done))
  }

  /** Sends nothing more off, and tells nobody of what is still read: the commit has failed. */
  drop(): void {
    this.#dropped = true
    this.#batch = []
  }

  /** Waits until there is room for more. @throws what a job threw. */
  async room(): Promise<void> {
    if (this.#running.size === 0) this.#flush()
    while (this.isFull && this.#running.size > 0) await Promise.race(this.#running)
    this.#throwIfFailed()
  }

  /** Sends off what waits, and waits until something is done. @throws what a job threw. */
  async progress(): Promise<void> {
    this.#flush()
    if (this.#running.size > 0) await Promise.race(this.#running)
    this.#throwIfFailed()
  }

  /** Waits until nothing is under way. @throws what a job threw. */
  async drain(): Promise<void> {
    this.#flush()
    while (this.#running.size > 0) await Promise.race(this.#running)
    this.#throwIfFailed()
  }

  #flush(): void {
    if (this.#batch.length === 0) return
    const batch = this.#batch
    this.#batch = []
    this.#batchBytes = 0
    this.#batchDirectories = 0
    this.#track(this.#readBatch(batch))
  }

  async #readBatch(batch: readonly QueuedFile[]): Promise<void> {
    await this.#prepare()
    if (this.#dropped) return
    const result = (await this.#pool.run(filesJob(batch))) as FilesResult
    if (this.#dropped) return
    const stats = asBuffer(result.stats)
    const problems = new Map(result.problems.map((problem) => [problem.index, problem]))
    let at = 0
    for (const [index, file] of batch.entries()) {
      const length = result.lengths[index]!
      const entry = length === 0 ? undefined : result.entries.subarray(at, at + length)
      at += length
      if (result.long.includes(index)) {
        this.#track(this.#readLarge(file))
        continue
      }
      this.#filesUnderWay--
      file.done(entry, stats, index, problems.get(index))
    }
    for (const bytes of [result.entries, result.stats]) discard(bytes)
  }

  async #readLarge(file: QueuedFile): Promise<void> {
    await this.#prepare()
    if (this.#dropped) return
    const { entry, stat, problem } = await readLargeFile(file, this.#pool, this.#putTree)
    if (this.#dropped) return
    this.#filesUnderWay--
    file.done(entry, stat, 0, problem)
  }

  async #storeValues(values: readonly Uint8Array[], done: (streams: readonly Stream[]) => void): Promise<void> {
    await this.#prepare()
    const results = await Promise.all(values.map((bytes) => this.#pool.run({ kind: 'bytes', bytes })))
    done((results as RangesResult[]).map(({ items }, index) => ({ size: values[index]!.length, depth: 0, items })))
  }

  #track(work: Promise<void>): void {
    const running = work
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}

function filesJob(batch: readonly QueuedFile[]): FilesJob {
  return {
    kind: 'files',
    names: batch.map(({ name }) => name).join('/'),
    directoryFds: Int32Array.from(batch, ({ directoryFd }) => directoryFd),
    regular: Uint8Array.from(batch, ({ isRegular }) => (isRegular ? 1 : 0)),
  }
}
