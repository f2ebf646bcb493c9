// A thread of a restore; the work itself stands in entry-restorer.ts.

import { serveJobs } from '../../runtime/serve-jobs.ts'
import { EntryRestorer } from './entry-restorer.ts'
import type { RestoreResult, ThreadJob } from './messages.ts'

let restorer: EntryRestorer | undefined

serveJobs<ThreadJob, RestoreResult | undefined>({
  run: async (job) => {
    if (job.kind !== 'begin') return { result: restorer!.run(job) }
    restorer = new EntryRestorer(job.data)
    return { result: undefined }
  },
})
