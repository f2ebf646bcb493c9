// A thread of a verification: checks whole packs that the main thread reads, and gives their memory back.

import { workerData } from 'node:worker_threads'
import { ChunkIdentity } from '../../repository/crypto/chunk-id.ts'
import { PackReader } from '../../repository/pack/pack-reader.ts'
import { serveJobs } from '../../runtime/workers.ts'
import { checkPack } from './check-pack.ts'
import type { PackJob, PackResult, VerifyWorkerData } from './messages.ts'

const { repository, idKey } = workerData as VerifyWorkerData
const identity = new ChunkIdentity(idKey)
// Keys come with each pack: a thread that only checks needs no read key.
const tools = { identity, reader: new PackReader({ repository, readKeys: new Map(), identity }) }

serveJobs<PackJob, PackResult>({
  run: async ({ kind, id, buffer, packBytes, keys, indexed }) => {
    const packKeys = keys && { kind, blockKey: Buffer.from(keys.blockKey), directoryKey: Buffer.from(keys.directoryKey) }
    const verdict = checkPack(tools, { kind, id, bytes: Buffer.from(buffer, 0, packBytes), keys: packKeys, indexed })
    return { result: { verdict, buffer }, transfer: [buffer] }
  },
})
