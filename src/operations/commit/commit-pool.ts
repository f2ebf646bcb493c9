// The threads of a commit, or this thread in their place, and what each of them knows.

import type { ClaimMemory } from '../../repository/pack/claims.ts'
import type { Repository } from '../../repository/repository.ts'
import { InlinePool, type JobPool, type Reply } from '../../runtime/job-pool.ts'
import { coreCount, WorkerPool, workerModule } from '../../runtime/workers.ts'
import { commitWorker } from './commit-worker.ts'
import type { CommitJob, CommitResult, CommitWorkerData, PackEvent } from './messages.ts'
import type { PackUploads } from './pack-uploads.ts'

/** A thread takes as long to start as two or three batches to be read. */
const WAITING_PER_START = 3

export interface CommitPoolOptions {
  /** What the threads claim chunks in. */
  readonly claims: ClaimMemory
  /** zstd's level. */
  readonly level: number
  /** How many threads at most; none for 0, one a core unless told. */
  readonly threads: number | undefined
  /** Where finished packs go. */
  readonly uploads: PackUploads
}

/** Starts nothing yet: threads start when there are jobs for them. */
export function commitPool(repository: Repository, options: CommitPoolOptions): JobPool<CommitJob, CommitResult> {
  const data = workerData(repository, options)
  const onEvent = (event: unknown, reply: Reply): void => {
    const { number, ...pack } = event as PackEvent
    options.uploads.add(pack, () => reply(number))
  }
  const size = options.threads ?? coreCount()
  if (size === 0) return new InlinePool((post) => commitWorker(data, post), onEvent)
  return new WorkerPool({ module: workerModule('commit-thread', import.meta.url), data, size, onEvent, waitingPerStart: WAITING_PER_START })
}

function workerData(repository: Repository, { claims, level }: CommitPoolOptions): CommitWorkerData {
  const { sealing } = repository
  const [minBytes, averageBytes, maxBytes] = repository.journal.state.chunker
  return {
    repository: repository.id,
    epoch: sealing.epoch,
    sealingKey: sealing.key,
    idKey: repository.writeKeys.id,
    gearKey: repository.writeKeys.gear,
    chunkSizes: { minBytes, averageBytes, maxBytes },
    level,
    claims,
  }
}
