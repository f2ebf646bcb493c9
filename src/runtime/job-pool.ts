// Jobs and who runs them: threads (workers.ts), or this thread itself, for small work and for tests that count.

import type { Transferable } from 'node:worker_threads'

/** Posts a message to the worker that sent an event. */
export type Reply = (message: unknown, transfer?: readonly Transferable[]) => void

/** Posts an event from a worker to the pool's owner. */
export type PostEvent = (event: unknown, transfer?: readonly Transferable[]) => void

/** What a worker does with jobs, one after the other. */
export interface JobHandlers<Job, Result> {
  /** Runs one job; jobs of one worker never overlap. */
  run(job: Job): Promise<{ result: Result; transfer?: readonly Transferable[] }>
  /** Receives what the pool's owner replied to an event. */
  reply?(message: unknown): void
}

export interface JobPool<Job, Result> {
  /** Runs a job on some worker. Rejects with what the worker threw. Once it is answered, either way, no worker works on it any more. */
  run(job: Job, transfer?: readonly Transferable[]): Promise<Result>
  /** Starts a worker, if there is none yet, so that it is ready when the first job comes. */
  warm(): void
  /** Runs a job on every worker that has started. */
  runOnAll(job: Job): Promise<Result[]>
  /** Ends all workers; jobs that still run are rejected. */
  close(): Promise<void>
}

/** One worker in this thread: starts at once, and shares the thread with its owner. */
export class InlinePool<Job, Result> implements JobPool<Job, Result> {
  readonly #handlers: JobHandlers<Job, Result>
  #last: Promise<unknown> = Promise.resolve()
  #started = false

  constructor(start: (post: PostEvent) => JobHandlers<Job, Result>, onEvent: (event: unknown, reply: Reply) => void) {
    this.#handlers = start((event) => onEvent(event, (message) => this.#handlers.reply?.(message)))
  }

  run(job: Job): Promise<Result> {
    this.#started = true
    const turn = this.#last.then(async () => (await this.#handlers.run(job)).result)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  warm(): void {
    // this thread is up
  }

  async runOnAll(job: Job): Promise<Result[]> {
    return this.#started ? [await this.run(job)] : []
  }

  async close(): Promise<void> {
    await this.#last
  }
}
