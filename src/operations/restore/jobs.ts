import type { RestoreJob } from './messages.ts'
import type { EntryColumns } from './planned-columns.ts'

/** Entries or directories in one job: enough to make a message worth its while. */
const BATCH = 512

/** Jobs for all entries that are restored in one way, in their order. */
export function* entryJobs({ hows }: EntryColumns, kind: 'plain' | 'allocate' | 'link', how: number): Generator<RestoreJob> {
  let batch: number[] = []
  for (const [index, other] of hows.entries()) {
    if (other === how) batch.push(index)
    if (batch.length < BATCH) continue
    yield { kind, entries: Uint32Array.from(batch) }
    batch = []
  }
  if (batch.length > 0) yield { kind, entries: Uint32Array.from(batch) }
}

/** Jobs for directories, in their order. */
export function* directoryJobs(kind: 'make-directories' | 'finish-directories', directories: Uint32Array): Generator<RestoreJob> {
  for (let from = 0; from < directories.length; from += BATCH) yield { kind, directories: directories.slice(from, from + BATCH) }
}
