// What one thread of a commit does: reads files, cuts, names and deduplicates chunks, seals packs and posts them to the main thread,
// which alone talks to the store. SPEC §9.2.3.

import { gearTable } from '../../repository/chunk/gear.ts'
import { ChunkIdentity } from '../../repository/crypto/chunk-id.ts'
import { EncapsulationKey } from '../../repository/crypto/x-wing.ts'
import { ChunkWriter } from '../../repository/pack/chunk-writer.ts'
import { ClaimSet } from '../../repository/pack/claims.ts'
import type { JobHandlers, PostEvent } from '../../runtime/job-pool.ts'
import { StatRecords } from '../../sources/filesystem/stat-record.ts'
import { BLOCK_SIZES } from './block-sizes.ts'
import { EntryStore } from './entry-store.ts'
import type {
  CommitJob,
  CommitResult,
  CommitWorkerData,
  FileProblem,
  FilesJob,
  FilesResult,
  FileToRead,
  RangesJob,
  RangesResult,
} from './messages.ts'
import { PackFlow } from './pack-flow.ts'
import { readFile } from './read-file.ts'
import { type ContentWriter, storeBytes, storeRanges } from './store-content.ts'

/** The handlers of one thread; `post` brings finished packs to the main thread, which replies when one is stored. */
export function commitWorker(data: CommitWorkerData, post: PostEvent): JobHandlers<CommitJob, CommitResult> {
  const flow = new PackFlow(post)
  const claims = new ClaimSet(data.claims)
  const writer = new ChunkWriter({
    kind: 1,
    sealer: { repository: data.repository, epoch: data.epoch, sealing: new EncapsulationKey(data.sealingKey), level: data.level },
    identity: new ChunkIdentity(data.idKey),
    claims,
    blocks: BLOCK_SIZES,
    memory: () => flow.memory(),
    emit: (pack) => flow.post(pack),
  })
  const content: ContentWriter = { writer, table: gearTable(data.gearKey), sizes: data.chunkSizes, flowReady: () => flow.ready() }
  return {
    run: async (job) => {
      const waiting = flow.ready()
      if (waiting !== undefined) await waiting
      const result = await run(job, content, claims)
      return { result, transfer: result.kind === 'files' ? memoryOf(result) : [] }
    },
    reply: (number) => flow.stored(number as number),
  }
}

async function run(job: CommitJob, content: ContentWriter, claims: ClaimSet): Promise<CommitResult> {
  switch (job.kind) {
    case 'known':
      for (const column of job.shortIds) claims.claimAll(column)
      return { kind: 'known' }
    case 'files':
      return readFiles(job, content)
    case 'ranges':
      return readRanges(job, content)
    case 'bytes':
      return { kind: 'ranges', items: await storeBytes(job.bytes, content), isTorn: false }
    case 'finish': {
      const { writer } = content
      writer.finish()
      return { kind: 'finish', newChunks: writer.newChunks, newBytes: writer.newBytes }
    }
  }
}

async function readFiles({ names, directoryFds, regular }: FilesJob, content: ContentWriter): Promise<FilesResult> {
  const files = names.split('/')
  const entries = new EntryStore(files.length)
  const stats = new StatRecords(files.length)
  const problems: FileProblem[] = []
  const long: number[] = []
  for (let index = 0; index < files.length; index++) {
    const file: FileToRead = { directoryFd: directoryFds[index]!, name: files[index]!, isRegular: regular[index] === 1 }
    const read = readFile(file, content)
    const { entry, isLong, stat, problem } = read instanceof Promise ? await read : read
    if (isLong === true) long.push(index)
    if (entry !== undefined) entries.put(index, entry)
    if (stat !== undefined) stats.put(index, stat)
    if (stat === undefined || problem !== undefined) stats.forget(index)
    if (problem !== undefined) problems.push({ index, ...problem })
  }
  return { kind: 'files', ...entries.joined(), stats: stats.bytes(0, files.length), problems, long }
}

/** A message copies what is not transferred, and of a part of node's pool it would copy the whole pool. */
function memoryOf({ entries, lengths, stats }: FilesResult): ArrayBuffer[] {
  return [entries, lengths, stats].map(({ buffer }) => buffer as ArrayBuffer)
}

async function readRanges({ fd, ranges }: RangesJob, content: ContentWriter): Promise<RangesResult> {
  const { items, isTorn } = await storeRanges(fd, ranges[0]![0], ranges, content)
  return { kind: 'ranges', items, isTorn }
}
