import { setTimeout } from 'node:timers/promises'
import { coreCount, WorkerPool, workerModule } from '../../runtime/workers.ts'
import { EntryRestorer } from './entry-restorer.ts'
import type { RestoreJob, RestoreResult, RestoreWorkerData } from './messages.ts'

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

/** One thread a core. */
export function threads(data: RestoreWorkerData, count = coreCount()): Hands {
  const pool = new WorkerPool<RestoreJob, RestoreResult>({ module: workerModule('worker', import.meta.url), data, size: count })
  return {
    count,
    run: (job) => pool.run(job),
    close: async () => {
      // A thread that died never answers; then its handles stay open until the process ends.
      const waited = new AbortController()
      const late = setTimeout(CLOSE_MS, undefined, { signal: waited.signal, ref: false })
      await Promise.race([Promise.allSettled([pool.runOnAll({ kind: 'close' })]), late])
      waited.abort()
      await Promise.allSettled([late])
      await pool.close()
    },
  }
}
