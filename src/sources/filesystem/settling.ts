// File systems stamp a change with a clock that ticks: two writes within one tick leave equal times. So equal times before and after
// a read prove that nobody wrote meanwhile only if the last change before it is older than a tick: then any write brings a later stamp.
// The same doubt between two commits is `StatRecords.isRacy`. SPEC §9.2.3.

import type { FileStat, Timespec } from '../../runtime/posix/file-stat.ts'

/** Kernels before 6.13 stamp with a clock that ticks every 1 to 10 ms, and is behind by as much; servers tick every 16 ms at most. */
const TICK_MS = 20
/** FAT keeps every second second; ext4 with inodes of 128 bytes, ext3 and HFS+ keep every one. */
export const COARSEST_TICK_MS = 2000 + TICK_MS
/**
 * A server's clock may be ahead of ours, so times in the future are waited for, too: not until they have come, but for one tick, in which
 * that clock goes on as well. By more than this no clock is wrong that sets itself: it is the zone of a FAT, or somebody's `touch`.
 * Without an end a camera's card from one zone east would cost two seconds a picture. (A clock that is behind cannot be told from an old file.)
 */
const MOST_AHEAD_MS = 300_000

/**
 * How many milliseconds to wait until a write must leave a later stamp, at most a tick; 0 when it must already. Who waited asks for the
 * metadata again: if they are the same, it must.
 * @param askedAt wall clock before the file was asked for its metadata: a write may come between the two
 */
export function settlingMs(stat: Pick<FileStat, 'ctime' | 'mtime'>, askedAt: number): number {
  const { ctime, mtime } = stat
  const tickMs = ctime.nanoseconds === 0 && mtime.nanoseconds === 0 ? COARSEST_TICK_MS : TICK_MS
  return Math.max(remainingMs(ctime, tickMs, askedAt), remainingMs(mtime, tickMs, askedAt))
}

function remainingMs({ seconds, nanoseconds }: Timespec, tickMs: number, askedAt: number): number {
  const ageMs = askedAt - (seconds * 1000 + nanoseconds / 1e6)
  return ageMs > tickMs || ageMs < -MOST_AHEAD_MS ? 0 : Math.min(tickMs, Math.floor(tickMs - ageMs) + 1)
}
