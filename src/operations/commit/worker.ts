// A thread of a commit: reads files, cuts, names and deduplicates chunks, seals packs and posts them to the main thread, which
// alone talks to the store. SPEC §9.2.3.

import { workerData } from 'node:worker_threads'
import fs from 'node:fs'
import { ChunkIdentity } from '../../repository/crypto/chunk-id.ts'
import { EncapsulationKey } from '../../repository/crypto/x-wing.ts'
import { gearTable } from '../../repository/chunk/gear.ts'
import { ClaimSet } from '../../repository/objects/claims.ts'
import { ChunkWriter } from '../../repository/pack/chunk-writer.ts'
import { PACK_SIZES } from '../../repository/pack/pack-writer.ts'
import { serveJobs } from '../../runtime/workers.ts'
import { statFd } from '../../runtime/posix/stat.ts'
import { STAT_RECORD_BYTES, forgetStatRecord, statRecord } from '../../sources/filesystem/stat-record.ts'
import { BLOCK_SIZES } from './block-sizes.ts'
import type { CommitJob, CommitResult, CommitWorkerData, FileProblem, FileToRead, FilesResult } from './messages.ts'
import { PackBuffers } from './pack-buffers.ts'
import { openToRead, readFile } from './read-file.ts'
import { type ContentWriter, storeBytes, storeRanges } from './store-content.ts'

const data = workerData as CommitWorkerData
const buffers = new PackBuffers(PACK_SIZES.capacityBytes)
const writer = new ChunkWriter({
  kind: 1,
  sealer: { repository: data.repository, epoch: data.epoch, sealing: new EncapsulationKey(data.sealingKey), level: data.level },
  identity: new ChunkIdentity(data.idKey),
  claims: new ClaimSet(data.claims),
  blocks: BLOCK_SIZES,
  takeBuffer: () => buffers.take(),
  emit: (pack) => buffers.post(pack),
})
const content: ContentWriter = { writer, table: gearTable(data.gearKey), sizes: data.chunkSizes, buffersReady: () => buffers.ready() }

serveJobs<CommitJob, CommitResult>({
  run: async (job) => {
    const waiting = buffers.ready()
    if (waiting !== undefined) await waiting
    switch (job.kind) {
      case 'files':
        return { result: await readFiles(job.files) }
      case 'ranges':
        return { result: await readRanges(job) }
      case 'bytes':
        return { result: { kind: 'ranges', items: await storeBytes(job.bytes, content), stat: new Uint8Array(0) } }
      case 'finish':
        writer.finish()
        return { result: { kind: 'finish', newChunks: writer.newChunks, newBytes: writer.newBytes } }
    }
  },
  reply: (message) => buffers.give(message as ArrayBuffer),
})

async function readFiles(files: readonly FileToRead[]): Promise<FilesResult> {
  const entries: Uint8Array[] = []
  const lengths = new Uint32Array(files.length)
  const stats = Buffer.alloc(STAT_RECORD_BYTES * files.length)
  const problems: FileProblem[] = []
  for (const [index, file] of files.entries()) {
    const { entry, stat, problem } = await readFile(file, content)
    if (entry !== undefined) entries.push(entry)
    lengths[index] = entry?.length ?? 0
    if (stat !== undefined && problem === undefined) stat.copy(stats, STAT_RECORD_BYTES * index)
    else forgetStatRecord(stats, STAT_RECORD_BYTES * index)
    if (problem !== undefined) problems.push({ index, ...problem })
  }
  return { kind: 'files', entries: Buffer.concat(entries), lengths, stats, problems }
}

async function readRanges(job: CommitJob & { kind: 'ranges' }): Promise<CommitResult> {
  const fd = openToRead(job.file.directoryFd, Buffer.from(job.file.name, 'latin1'))
  try {
    const first = job.ranges[0]!
    const last = job.ranges[job.ranges.length - 1]!
    // Holes before the first range and behind the last belong to the whole file, which the commit puts together.
    const shifted = storeRanges(fd, last[0] + last[1], job.ranges, content)
    const items = (await shifted).slice(first[0] > 0 ? 1 : 0)
    return { kind: 'ranges', items, stat: statRecord(statFd(fd)) }
  } finally {
    fs.closeSync(fd)
  }
}
