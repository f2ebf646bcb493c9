// A thread of a restore; the work itself stands in entry-restorer.ts.

import { workerData } from 'node:worker_threads'
import { serveJobs } from '../../runtime/serve-jobs.ts'
import { EntryRestorer } from './entry-restorer.ts'
import type { RestoreJob, RestoreResult, RestoreWorkerData } from './messages.ts'

const restorer = new EntryRestorer(workerData as RestoreWorkerData)

serveJobs<RestoreJob, RestoreResult>({ run: async (job) => ({ result: restorer.run(job) }) })
