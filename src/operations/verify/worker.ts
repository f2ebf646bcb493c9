// A thread of a verification: checks whole packs that the main thread reads, and gives their memory back.

import { workerData } from 'node:worker_threads'
import { ChunkIdentity } from '../../repository/crypto/chunk-id.ts'
import { PackReader } from '../../repository/pack/pack-reader.ts'
import { GarbageBudget } from '../../runtime/garbage.ts'
import { serveJobs } from '../../runtime/workers.ts'
import { checkJob, GARBAGE_BYTES } from './check-pack.ts'
import type { PackJob, PackResult, VerifyWorkerData } from './messages.ts'

const { repository, idKey } = workerData as VerifyWorkerData
const identity = new ChunkIdentity(idKey)
// Keys come with each pack: a thread that only checks needs no read key.
const tools = { identity, garbage: new GarbageBudget(GARBAGE_BYTES), reader: new PackReader({ repository, readKeys: new Map(), identity }) }

serveJobs<PackJob, PackResult>({
  run: async (job) => {
    const result = checkJob(tools, job)
    return { result, transfer: [result.buffer] }
  },
})
