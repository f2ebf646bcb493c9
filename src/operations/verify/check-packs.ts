// Reads whole packs and has them checked on all cores. A few buffers go round between the store and the threads, so that memory
// depends neither on how many packs there are nor on how large somebody made some. SPEC §9.4.4

import type { SegmentPack } from '../../../format/index-segment.ts'
import { LIMITS } from '../../../format/limits.ts'
import { PACK_HEADER_BYTES } from '../../../format/pack.ts'
import { CancelledError } from '../../errors.ts'
import type { Repository } from '../../repository/repository.ts'
import { coreCount, WorkerPool, workerModule } from '../../runtime/workers.ts'
import { checkJob } from './check-pack.ts'
import type { PackJob, PackVerdict, VerifyWorkerData } from './messages.ts'
import type { ListedPack } from './pack-health.ts'
import { isDamage } from './tree-check.ts'

export interface CheckPacksOptions {
  /** What the index says of a pack, for one whose directory does not open. */
  readonly indexedPack: (pack: ListedPack) => SegmentPack | undefined
  /** Takes each verdict as it comes. */
  readonly onVerdict: (pack: ListedPack, verdict: PackVerdict) => void
  readonly threadCount?: number | undefined
  readonly signal?: AbortSignal | undefined
}

type Check = (job: PackJob) => Promise<PackVerdict>

/** Below this, starting threads takes longer than the work. */
const FEW_BYTES = 8 << 20

/** What a pack has at most that cairn made of chunks of usual sizes: larger ones are read one at a time, whoever put them there. */
const USUAL_PACK_BYTES = 32 << 20
/** Packs that are read ahead, beyond one for each thread: with one, threads wait for a disk; a third gained little. */
const AHEAD = 2

const UNREADABLE = { badBlocks: [], lost: true, attestation: undefined, chunks: 0 }

/** Checks packs, each once. @throws {StoreError} when the store fails altogether; {CancelledError} */
export async function checkPacks(repository: Repository, packs: readonly ListedPack[], options: CheckPacksOptions): Promise<void> {
  const few = options.threadCount === undefined && packs.reduce((sum, { packBytes }) => sum + packBytes, 0) < FEW_BYTES
  const threadCount = few ? 1 : (options.threadCount ?? coreCount())
  const data: VerifyWorkerData = { repository: repository.id, idKey: repository.writeKeys.id }
  const pool = new WorkerPool<PackJob, PackVerdict>({ module: workerModule('verify-thread', import.meta.url), data, size: threadCount })
  const tools = { reader: repository.packs, identity: repository.identity }
  const check: Check = few ? (job) => Promise.resolve(checkJob(tools, job)) : (job) => pool.run(job)
  try {
    const inLanes = (some: readonly ListedPack[], count: number): Promise<unknown> => {
      const waiting = some.values()
      const bufferBytes = Math.min(LIMITS.packBytes, largestOf(some))
      return Promise.all(Array.from({ length: Math.min(count, some.length) }, () => lane(repository, waiting, bufferBytes, check, options)))
    }
    const isUsual = ({ packBytes }: ListedPack): boolean => packBytes <= USUAL_PACK_BYTES
    const others = packs.filter((pack) => !isUsual(pack))
    await inLanes(packs.filter(isUsual), threadCount + AHEAD)
    await inLanes(others, 1)
  } finally {
    await pool.close()
  }
}

function largestOf(packs: readonly ListedPack[]): number {
  return packs.reduce((largest, { packBytes }) => Math.max(largest, packBytes), 0)
}

/** One buffer's way: read a pack into it, have it checked, again. */
async function lane(
  repository: Repository,
  waiting: Iterator<ListedPack>,
  bufferBytes: number,
  check: Check,
  { indexedPack, onVerdict, signal }: CheckPacksOptions,
): Promise<void> {
  // Shared, not sent to and fro: memory that changes hands is news to the collector each time.
  const buffer = new SharedArrayBuffer(bufferBytes)
  for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
    if (signal?.aborted === true) throw new CancelledError('cancelled', 'The verification was cancelled.')
    const pack = next.value
    const job = await readPack(repository, pack, buffer, indexedPack)
    onVerdict(pack, 'messages' in job ? job : await check(job))
  }
}

/** Reads a pack and opens its header: threads hold no read key. What cannot be read is a verdict already. */
async function readPack(
  repository: Repository,
  pack: ListedPack,
  buffer: SharedArrayBuffer,
  indexedPack: CheckPacksOptions['indexedPack'],
): Promise<PackJob | PackVerdict> {
  const { key, id, kind } = pack
  try {
    const bytes = await repository.store.get(key, { maxBytes: LIMITS.packBytes, into: new Uint8Array(buffer) })
    if (bytes === undefined) return { ...UNREADABLE, messages: ['it vanished from the store'] }
    const keys = headerKeys(repository, pack, bytes)
    return { kind, id, buffer: sharedBytes(bytes, buffer), packBytes: bytes.length, keys, indexed: keys && copyOf(indexedPack(pack)) }
  } catch (error) {
    if (isDamage(error)) return { ...UNREADABLE, messages: [error.message] }
    throw error
  }
}

/** The memory itself when the store read into it; a copy when it had reasons not to. */
function sharedBytes(bytes: Buffer, into: SharedArrayBuffer): SharedArrayBuffer {
  if (bytes.buffer === into) return into
  const copy = new SharedArrayBuffer(bytes.length)
  new Uint8Array(copy).set(bytes)
  return copy
}

function headerKeys(repository: Repository, { kind }: ListedPack, bytes: Buffer): PackJob['keys'] {
  try {
    const { blockKey, directoryKey } = repository.packs.openHeader(bytes.subarray(0, PACK_HEADER_BYTES), kind)
    return { blockKey, directoryKey }
  } catch (error) {
    if (isDamage(error)) return undefined
    throw error
  }
}

/** The index's columns are views of its whole memory, which must not travel. */
function copyOf(pack: SegmentPack | undefined): SegmentPack | undefined {
  return pack && { ...pack, lengths: pack.lengths.slice(), shortIds: pack.shortIds.slice() }
}
