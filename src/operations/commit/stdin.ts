// A stream as the only file of a snapshot: `--stdin NAME`.

import { addAbortSignal, Readable } from 'node:stream'
import { EMPTY_STREAM, type StreamItem } from '../../../format/stream.ts'
import { ENTRY_DIRECTORY, ENTRY_FILE, type Entry, encodeEntry } from '../../../format/tree.ts'
import { type PutChunk, streamOf } from '../../repository/objects/stream-writer.ts'
import { storeTree } from '../../repository/objects/tree-writer.ts'
import type { JobPool } from '../../runtime/job-pool.ts'
import { classOfName } from '../../sources/filesystem/classify.ts'
import type { CommitJob, CommitResult, RangesResult } from './messages.ts'
import type { CommitCounts } from './statistics.ts'

export interface StdinContext {
  readonly pool: JobPool<CommitJob, CommitResult>
  readonly putTree: PutChunk
  readonly counts: CommitCounts
  /** The file's modification time, in milliseconds since 1970. */
  readonly startedAt: number
  readonly signal: AbortSignal | undefined
  /** Throws when going on makes no sense, as when the store is full. */
  readonly check: () => void
}

const PIECES_UNDER_WAY = 2
/** Five of them are in memory at most. */
const PIECE_BYTES = 16 << 20

/** Reads a stream to its end and returns the root that holds it. */
export async function captureStdin(
  stdin: { readonly name: string; readonly stream: AsyncIterable<Uint8Array> },
  context: StdinContext,
): Promise<Entry> {
  const { pool, putTree, counts, signal, check } = context
  const running: Promise<CommitResult>[] = []
  // A stream that brings nothing must not hold up Ctrl-C.
  if (signal !== undefined && stdin.stream instanceof Readable) addAbortSignal(signal, stdin.stream)
  for await (const bytes of pieces(stdin.stream)) {
    signal?.throwIfAborted()
    check()
    counts.readBytes += bytes.length
    if (running.length >= PIECES_UNDER_WAY) await running[running.length - PIECES_UNDER_WAY]
    const job = pool.run({ kind: 'bytes', bytes }, [bytes.buffer as ArrayBuffer])
    job.catch(() => undefined) // its failure is met when it is awaited
    running.push(job)
  }
  const items: StreamItem[] = ((await Promise.all(running)) as RangesResult[]).flatMap((result) => [...result.items])
  const content = items.length === 0 ? EMPTY_STREAM : streamOf(items, putTree)
  counts.directories++
  counts.newFiles++
  counts.add(ENTRY_FILE, stdin.name, content.size)
  const fileClass = classOfName(stdin.name)
  const name = Buffer.from(stdin.name, 'latin1')
  const file: Entry = { ...own(context, name, ENTRY_FILE, 0o600), content, ...(fileClass !== undefined && { fileClass }) }
  const tree = storeTree([{ name: stdin.name, bytes: encodeEntry(file) }], putTree)
  return { ...own(context, Buffer.alloc(0), ENTRY_DIRECTORY, 0o700), content: tree }
}

function own(context: StdinContext, name: Buffer, type: typeof ENTRY_FILE | typeof ENTRY_DIRECTORY, mode: number): Entry {
  const seconds = Math.floor(context.startedAt / 1000)
  return {
    name,
    type,
    mode,
    uid: process.geteuid!(),
    gid: process.getegid!(),
    mtime: { seconds, nanoseconds: (context.startedAt - seconds * 1000) * 1e6 },
  }
}

/** Joins what comes to pieces that are cut on their own, so that all threads work on a long stream. */
async function* pieces(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = []
  let length = 0
  for await (let part of stream) {
    while (length + part.length >= PIECE_BYTES) {
      const head = part.subarray(0, PIECE_BYTES - length)
      yield joined([...parts, head], PIECE_BYTES)
      part = part.subarray(head.length)
      parts = []
      length = 0
    }
    if (part.length > 0) parts.push(part)
    length += part.length
  }
  if (length > 0) yield joined(parts, length)
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
