// A thread of a verification: checks whole packs that the main thread reads into shared memory.

import { workerData } from 'node:worker_threads'
import { ChunkIdentity } from '../../repository/crypto/chunk-id.ts'
import { PackReader } from '../../repository/pack/pack-reader.ts'
import { serveJobs } from '../../runtime/serve-jobs.ts'
import { checkJob } from './check-pack.ts'
import type { PackJob, PackVerdict, VerifyWorkerData } from './messages.ts'

const { repository, idKey } = workerData as VerifyWorkerData
const identity = new ChunkIdentity(idKey)
// Keys come with each pack: a thread that only checks needs no read key.
const tools = { identity, reader: new PackReader({ repository, readKeys: new Map(), identity }) }

serveJobs<PackJob, PackVerdict>({ run: async (job) => ({ result: checkJob(tools, job) }) })
