// The worker's side of a pool of threads.

import { parentPort, type Transferable } from 'node:worker_threads'
import type { JobHandlers } from './job-pool.ts'
import { type FromWorker, plainError, type ToWorker } from './worker-messages.ts'

/** Takes jobs one after the other until the pool ends the thread. */
export function serveJobs<Job, Result>(handlers: JobHandlers<Job, Result>): void {
  let last = Promise.resolve()
  parentPort!.on('message', (message: ToWorker<Job>) => {
    if (message.kind === 'reply') handlers.reply?.(message.reply)
    else last = last.then(() => answer(handlers, message.id, message.job))
  })
}

/** Posts an event to the pool's owner. */
export function postEvent(event: unknown, transfer: readonly Transferable[] = []): void {
  parentPort!.postMessage({ kind: 'event', event }, transfer)
}

async function answer<Job, Result>(handlers: JobHandlers<Job, Result>, id: number, job: Job): Promise<void> {
  try {
    const { result, transfer = [] } = await handlers.run(job)
    parentPort!.postMessage({ kind: 'result', id, result } satisfies FromWorker<Result>, transfer)
  } catch (error) {
    parentPort!.postMessage({ kind: 'error', id, error: plainError(error) } satisfies FromWorker<Result>)
  }
}
