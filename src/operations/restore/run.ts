// One run of a plan: directories from the top down, then files block by block on all threads, then what needs the main thread,
// further names of files, and last the metadata of directories from the leaves up. SPEC §9.5

import { CancelledError } from '../../errors.ts'
import type { Repository } from '../../repository/repository.ts'
import { DirectoryTable } from '../../targets/directory-table.ts'
import type { ReportProblem } from '../../targets/problem.ts'
import type { StagedTree } from '../../targets/staging-directory.ts'
import { ChunkByChunk } from './chunk-by-chunk.ts'
import { directoryLevels } from './directory-levels.ts'
import { EntryRestorer } from './entry-restorer.ts'
import { Fetcher } from './fetch.ts'
import { directoryJobs, entryJobs } from './jobs.ts'
import type { BlocksJob, RestoreJob, RestoreResult, RestoreWorkerData } from './messages.ts'
import { type RestoreProgress, Tally } from './outcome.ts'
import type { RunnablePlan } from './plan.ts'
import { FEW_ENTRIES } from './plan-walk.ts'
import { directoryAt, HOW_ALONE, HOW_LINK, HOW_PLAIN, HOW_SPREAD, hasStreamXattr } from './planned-columns.ts'
import { sharedState } from './run-state.ts'
import { type Hands, RestoreThreads, thisThread } from './threads.ts'

export interface RunOptions {
  /** Leave damaged files out, and say so, instead of failing. */
  readonly keepGoing?: boolean
  readonly signal?: AbortSignal
  /** Called after each piece of work. */
  readonly onProgress?: (progress: RestoreProgress) => void
  readonly onProblem?: ReportProblem
  /** As many as there are cores, unless told. */
  readonly threadCount?: number
  /** Threads that were started while the plan was made; the run ends them, unless it is too small to use them. */
  readonly threads?: RestoreThreads
}

/** Jobs prepared for each thread, so that it never waits for the store. */
const AHEAD = 2
/** Below these a thread takes longer to start than the work. */
const FEW_BYTES = 4 << 20

export class RestoreRun {
  readonly #plan: RunnablePlan
  readonly #options: RunOptions
  readonly #data: RestoreWorkerData
  readonly #hands: Hands
  readonly #local: EntryRestorer
  readonly #fetcher: Fetcher
  readonly #chunkByChunk: ChunkByChunk
  readonly tally: Tally
  readonly #failedEntries: number[] = []
  readonly #failedPieces: number[] = []
  #stopped = false

  constructor(repository: Repository, plan: RunnablePlan, staging: StagedTree, options: RunOptions) {
    const keepGoing = options.keepGoing === true
    this.#plan = plan
    this.#options = options
    this.#data = sharedState(repository, plan, staging)
    const { threads = new RestoreThreads(options.threadCount) } = options
    this.#hands = isSmall(plan) ? thisThread(this.#data) : threads.hands(this.#data)
    this.#local = new EntryRestorer(this.#data)
    this.#fetcher = new Fetcher(repository, keepGoing)
    this.tally = new Tally({ keepGoing, onProblem: options.onProblem })
    this.#chunkByChunk = new ChunkByChunk(repository, this.#data, this.#local, this.tally)
  }

  /** Fills the staging tree. @throws {IntegrityError} `restore-damaged`; {CancelledError}; what TreeWriter and the store throw */
  async fill(): Promise<void> {
    for (const problem of this.#plan.problems) this.tally.report(problem)
    const levels = directoryLevels(new DirectoryTable(this.#data.table))
    for (const directories of levels) await this.#all(directoryJobs('make-directories', directories))
    await this.#all(entryJobs(this.#data.entries, 'allocate', HOW_SPREAD))
    await this.#all(this.#contentJobs())
    await this.#restoreAlone()
    this.#discardFailed()
    await this.#all(entryJobs(this.#data.entries, 'link', HOW_LINK))
    for (const directories of levels.toReversed()) await this.#finishDirectories(directories)
    await this.#finishDirectories(Uint32Array.of(0))
    this.tally.summarise()
  }

  /** Ends the threads; no job may be under way. */
  async close(): Promise<void> {
    this.#local.writer.close()
    await this.#hands.close()
  }

  *#contentJobs(): Generator<RestoreJob | Promise<BlocksJob>> {
    yield* entryJobs(this.#data.entries, 'plain', HOW_PLAIN)
    for (const fetch of this.#plan.work.fetches) yield this.#fetcher.fetch(fetch)
  }

  /** Does all jobs, some at once. On an error no further job is begun, and it is thrown when the others have ended. */
  async #all(jobs: Iterable<RestoreJob | Promise<RestoreJob>>): Promise<void> {
    const iterator = jobs[Symbol.iterator]()
    const runner = async (): Promise<void> => {
      // Whoever asks for a job begins to read for it: after a failure nobody would wait for that.
      while (!this.#stopped) {
        const next = iterator.next()
        if (next.done === true) return
        await this.#one(await next.value)
      }
    }
    const settled = await Promise.allSettled(Array.from({ length: this.#hands.count * AHEAD }, () => this.#stopping(runner)))
    const failure = settled.find(({ status }) => status === 'rejected')
    if (failure?.status === 'rejected') throw failure.reason
  }

  async #stopping(runner: () => Promise<void>): Promise<void> {
    try {
      await runner()
    } catch (error) {
      this.#stopped = true
      throw error
    }
  }

  async #one(job: RestoreJob): Promise<void> {
    this.#checkCancelled()
    this.#add(await this.#hands.run(job))
    if (job.kind === 'blocks') this.#fetcher.release(job)
  }

  #add(result: RestoreResult): void {
    this.tally.add(result)
    for (const index of result.failedEntries) this.#failedEntries.push(index)
    for (const row of result.failedPieces) this.#failedPieces.push(row)
    this.#progress()
  }

  async #restoreAlone(): Promise<void> {
    const { hows } = this.#data.entries
    for (let index = 0; index < hows.length; index++)
      if (hows[index] === HOW_ALONE) await this.#alone(this.#chunkByChunk.restoreEntry(index))
    for (const index of this.#failedEntries) await this.#alone(this.#chunkByChunk.restoreEntry(index))
    for (const row of this.#failedPieces) await this.#alone(this.#chunkByChunk.restorePiece(row))
  }

  async #alone(work: Promise<void>): Promise<void> {
    await work
    this.tally.add(this.#local.tell())
    this.#progress()
    this.#checkCancelled()
  }

  /** Removes what was allocated and did not become whole, before anything is linked to it. */
  #discardFailed(): void {
    const { failed, inodes } = this.#data.progress
    for (let index = 0; index < failed.length; index++) {
      if (failed[index] === 0 || inodes[index] === 0n) continue
      this.#local.writer.discardFile(this.#local.placed(index))
      inodes[index] = 0n
    }
  }

  async #finishDirectories(directories: Uint32Array): Promise<void> {
    const alone = directories.filter((index) => hasStreamXattr(directoryAt(this.#data.directoryRecords, index)))
    for (const index of alone) await this.#alone(this.#chunkByChunk.finishDirectory(index))
    await this.#all(
      directoryJobs('finish-directories', alone.length === 0 ? directories : directories.filter((index) => !alone.includes(index))),
    )
  }

  #progress(): void {
    const { files, bytes, problemCount: problems } = this.tally
    this.#options.onProgress?.({ files, bytes, totalFiles: this.#plan.files, totalBytes: this.#plan.bytes, problems })
  }

  #checkCancelled(): void {
    if (this.#options.signal?.aborted === true)
      throw new CancelledError('cancelled', 'The restore was cancelled. Nothing was put into place.')
  }
}

function isSmall({ files, others, directories, links, bytes }: RunnablePlan): boolean {
  return files + others + directories + links < FEW_ENTRIES && bytes < FEW_BYTES
}
