// Threads: a pool that gives each job to a free worker (serve-jobs.ts). A job is answered by one result; on the way a worker may post
// events, and be posted replies. A thread that dies fails its jobs: nothing waits for ever.

import { availableParallelism, totalmem } from 'node:os'
import { type Transferable, Worker } from 'node:worker_threads'
import type { JobPool, Reply } from './job-pool.ts'
import { keepFreedMemory } from './posix/allocator.ts'
import { type FromWorker, reviveError, type ToWorker } from './worker-messages.ts'

/** What one more thread takes at most, with its buffers, and the program without them. Measured: docs/architecture.md. */
const THREAD_BYTES = 80 << 20
const PROGRAM_BYTES = 130 << 20

/** How many threads work at once on this machine, or in this container. */
export function coreCount(): number {
  const limitBytes = process.constrainedMemory()
  return threadsWithin(availableParallelism(), limitBytes > 0 ? Math.min(limitBytes, totalmem()) : totalmem())
}

/** One thread a core, but only as many as a quarter of the memory has room for, and at least one. */
export function threadsWithin(cores: number, memoryBytes: number): number {
  return Math.max(1, Math.min(cores, Math.floor((memoryBytes / 4 - PROGRAM_BYTES) / THREAD_BYTES)))
}

/** The module of a worker beside the caller's own: `name` without ending, `base` the caller's `import.meta.url`. */
export function workerModule(name: string, base: string): URL {
  return new URL(`./${name}${base.endsWith('.ts') ? '.ts' : '.js'}`, base)
}

export interface WorkerPoolOptions {
  readonly module: URL
  /** Given to every worker as its `workerData`. */
  readonly data: unknown
  /** The most threads; they start when there are jobs for them. */
  readonly size: number
  /** How many jobs must wait before a second thread starts, and a third: a few are done before it is ready. 1 unless told. */
  readonly waitingPerStart?: number
  /** Called for each event that a worker posts. */
  readonly onEvent?: (event: unknown, reply: Reply) => void
}

interface Pending<Result> {
  resolve(result: Result): void
  reject(error: unknown): void
}

interface Thread<Result> {
  readonly worker: Worker
  readonly jobs: Map<number, Pending<Result>>
}

/** Jobs given to a thread beyond the one that it works on, so that it never waits for the next. */
const QUEUED_AHEAD = 1

export class WorkerPool<Job, Result> implements JobPool<Job, Result> {
  readonly #options: WorkerPoolOptions
  readonly #threads: Thread<Result>[] = []
  readonly #waiting: { job: Job; transfer: readonly Transferable[]; pending: Pending<Result> }[] = []
  #nextId = 0
  #failure: unknown
  #closing = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
  }

  get threadCount(): number {
    return this.#threads.length
  }

  /** Runs a job on some thread. Rejects with what the worker threw, or when its thread died. */
  run(job: Job, transfer: readonly Transferable[] = []): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, transfer, pending: { resolve, reject } })
      this.#dispatch()
    })
  }

  warm(): void {
    if (this.#threads.length === 0) this.#start()
  }

  /** Starts every thread that may be, for work that is sure to come. */
  warmAll(): void {
    while (this.#threads.length < this.#options.size) this.#start()
  }

  /** Runs a job on every thread that has started. */
  runOnAll(job: Job): Promise<Result[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return Promise.all(
      this.#threads.map((thread) => new Promise<Result>((resolve, reject) => this.#post(thread, job, [], { resolve, reject }))),
    )
  }

  /** Ends all threads; jobs that still run are rejected. */
  async close(): Promise<void> {
    this.#closing = true
    await this.#fail(new Error('the worker pool was closed'))
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      if (this.#failure !== undefined) this.#waiting.shift()!.pending.reject(this.#failure)
      else {
        const thread = this.#freeThread()
        if (thread === undefined) return
        const { job, transfer, pending } = this.#waiting.shift()!
        this.#post(thread, job, transfer, pending)
      }
    }
  }

  #freeThread(): Thread<Result> | undefined {
    const least = this.#threads.reduce<Thread<Result> | undefined>(
      (best, thread) => (best === undefined || thread.jobs.size < best.jobs.size ? thread : best),
      undefined,
    )
    if (least !== undefined && least.jobs.size === 0) return least
    if (this.#threads.length < this.#options.size && this.#isWorthStarting()) return this.#start()
    return least !== undefined && least.jobs.size <= QUEUED_AHEAD ? least : undefined
  }

  #isWorthStarting(): boolean {
    const { waitingPerStart = 1 } = this.#options
    return this.#threads.length === 0 || this.#waiting.length >= waitingPerStart
  }

  #start(): Thread<Result> {
    if (this.#threads.length === 0) keepFreedMemory()
    const worker = new Worker(this.#options.module, {
      workerData: this.#options.data,
      trackUnmanagedFds: false,
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
    })
    const thread: Thread<Result> = { worker, jobs: new Map() }
    const reply: Reply = (message, transfer = []) => worker.postMessage({ kind: 'reply', reply: message }, transfer)
    worker.on('message', (message: FromWorker<Result>) => this.#receive(thread, message, reply))
    worker.on('error', (error) => void this.#fail(error))
    worker.on('exit', (code) => {
      if (!this.#closing) void this.#fail(new Error(`a worker thread ended with code ${code} before its work was done`))
    })
    this.#threads.push(thread)
    return thread
  }

  #post(thread: Thread<Result>, job: Job, transfer: readonly Transferable[], pending: Pending<Result>): void {
    const id = this.#nextId++
    thread.jobs.set(id, pending)
    thread.worker.postMessage({ kind: 'job', id, job } satisfies ToWorker<Job>, transfer)
  }

  #receive(thread: Thread<Result>, message: FromWorker<Result>, reply: Reply): void {
    if (message.kind === 'event') {
      this.#options.onEvent?.(message.event, reply)
      return
    }
    const pending = thread.jobs.get(message.id)
    thread.jobs.delete(message.id)
    if (message.kind === 'result') pending?.resolve(message.result)
    else pending?.reject(reviveError(message.error))
    this.#dispatch()
  }

  /** Rejects no job before all threads have ended: what it was given, a descriptor say, is closed then, and must not be read any more. */
  async #fail(reason: unknown): Promise<void> {
    this.#failure ??= reason
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
    for (const thread of this.#threads) {
      for (const pending of thread.jobs.values()) pending.reject(this.#failure)
      thread.jobs.clear()
    }
    this.#dispatch()
  }
}
