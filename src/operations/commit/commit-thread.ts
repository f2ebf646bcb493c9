// The thread of a commit.

import { workerData } from 'node:worker_threads'
import { postEvent, serveJobs } from '../../runtime/serve-jobs.ts'
import { commitWorker } from './commit-worker.ts'
import type { CommitWorkerData } from './messages.ts'

serveJobs(commitWorker(workerData as CommitWorkerData, postEvent))
