// Reads an open file until it did not change meanwhile, which its stat record tells before and after; with bounded patience. SPEC §9.2.3.

import type { StreamItem } from '../../../format/stream.ts'
import { now, sleep } from '../../runtime/clock.ts'
import type { FileStat } from '../../runtime/posix/file-stat.ts'
import { statFd } from '../../runtime/posix/stat.ts'
import { settlingMs } from '../../sources/filesystem/settling.ts'
import { statRecord } from '../../sources/filesystem/stat-record.ts'
import { stampsEveryWrite } from '../../sources/filesystem/write-stamps.ts'
import type { FileContent } from './content-layout.ts'
import type { ProblemKind } from './messages.ts'

const ATTEMPTS = 3
/** A file that changes whenever it has been waited for is not waited for any longer; where ticks are coarse, once. */
const PATIENCE_MS = 200

export const CHANGED: { readonly kind: ProblemKind; readonly message: string } = {
  kind: 'changed',
  message: 'the file changed again and again while it was read',
}

/** The last attempt: what was read, the metadata from before it, and whether it may be a mixture of old and new. */
export interface SteadyRead {
  readonly items: readonly StreamItem[]
  readonly stat: FileStat
  readonly changed: boolean
}

/** Reads through one descriptor in every attempt: what takes the file's name meanwhile changes nothing in it. @throws what `read` throws */
export async function readSteadily(fd: number, read: (stat: FileStat) => Promise<FileContent>): Promise<SteadyRead> {
  for (let attempt = 1; ; attempt++) {
    const { stat, isSettled } = await settledStat(fd)
    const { items, isTorn } = await read(stat)
    const changed = !isSettled || isTorn || !statRecord(stat).equals(statRecord(statFd(fd)))
    // One that did not come to rest at all will not do so for another attempt.
    if (!changed || !isSettled || attempt === ATTEMPTS) return { items, stat, changed }
  }
}

/** Waits, where a file was changed just now, until every further write gives it another stat record. */
async function settledStat(fd: number): Promise<{ stat: FileStat; isSettled: boolean }> {
  let before: Buffer | undefined
  for (let waitedMs = 0; ; ) {
    const askedAt = now()
    const stat = statFd(fd)
    const record = statRecord(stat)
    const waitMs = settlingMs(stat, askedAt)
    if (waitMs === 0 || before?.equals(record) === true || stampsEveryWrite(fd, stat)) return { stat, isSettled: true }
    if (waitedMs > 0 && waitedMs + waitMs > PATIENCE_MS) return { stat, isSettled: false }
    await sleep(waitMs)
    waitedMs += waitMs
    before = record
  }
}
