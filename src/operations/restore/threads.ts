import { setTimeout } from 'node:timers/promises'
import { coreCount, WorkerPool, workerModule } from '../../runtime/workers.ts'
import { EntryRestorer } from './entry-restorer.ts'
import type { RestoreJob, RestoreResult, RestoreWorkerData, ThreadJob } from './messages.ts'

/** Closing a few handles takes no time. */
const CLOSE_MS = 1000

/** Who does the jobs of a restore. */
export interface Hands {
  /** How many jobs can be under way at once. */
  readonly count: number
  run(job: RestoreJob): Promise<RestoreResult>
  /** Waits for nothing: no job may be under way. */
  close(): Promise<void>
}

/** This thread alone: for a few files, a thread takes longer to start than the work. */
export function thisThread(data: RestoreWorkerData): Hands {
  const restorer = new EntryRestorer(data)
  return {
    count: 1,
    run: async (job) => restorer.run(job),
    close: async () => void restorer.run({ kind: 'close' }),
  }
}

/** One thread a core. They can start while the restore is still planned: that takes them as long as a plan of 20,000 files. */
export class RestoreThreads {
  readonly #pool: WorkerPool<ThreadJob, RestoreResult | undefined>
  readonly #count: number

  constructor(count = coreCount()) {
    this.#count = count
    this.#pool = new WorkerPool({ module: workerModule('restore-thread', import.meta.url), data: undefined, size: count })
  }

  /** Starts them; whoever does so ends them by `close`, too, should no restore follow. */
  start(): void {
    this.#pool.warmAll()
  }

  /** Has them work on a restore. */
  hands(data: RestoreWorkerData): Hands {
    this.start()
    const begun = this.#pool.runOnAll({ kind: 'begin', data })
    begun.catch(() => undefined) // thrown by the first job
    return {
      count: this.#count,
      run: async (job) => {
        await begun
        return (await this.#pool.run(job))!
      },
      close: () => this.#end(),
    }
  }

  /** Ends the threads; no job may be under way. */
  close(): Promise<void> {
    return this.#pool.close()
  }

  async #end(): Promise<void> {
    // A thread that died never answers; then its handles stay open until the process ends.
    const waited = new AbortController()
    const late = setTimeout(CLOSE_MS, undefined, { signal: waited.signal, ref: false })
    await Promise.race([Promise.allSettled([this.#pool.runOnAll({ kind: 'close' })]), late])
    waited.abort()
    await Promise.allSettled([late])
    await this.close()
  }
}
