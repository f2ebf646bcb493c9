// Times that a file system cannot hold: the kernel rounds them, or takes the nearest that it can, and says nothing. SPEC §9.5.8

import { isoTime } from '../runtime/clock.ts'
import type { Timespec } from '../runtime/posix/file-stat.ts'
import { futimens } from '../runtime/posix/metadata.ts'
import { statFd } from '../runtime/posix/stat.ts'
import { systemCodeOf } from '../runtime/posix/system-code.ts'

/** What every coarser clock rounds: FAT keeps even seconds. */
const PROBE: Timespec = { seconds: 1_000_000_001, nanoseconds: 1 }
const COARSEST_SECONDS = 2
/** What every file system keeps: 32 bits from 1970 on. */
const LAST_SAFE_SECOND = 0x7fff_ffff
const LAST_DATE_SECOND = 8_640_000_000_000

/** Whether the file system of a directory keeps less of a time than its nanoseconds. Leaves the directory with a time of no meaning. */
export function roundsTimes(directoryFd: number): boolean {
  try {
    futimens(directoryFd, 'omit', PROBE)
    return !isSameTime(statFd(directoryFd).mtime, PROBE)
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error
    return true // not known: each entry is looked at
  }
}

/** Whether a time may lie beyond what a file system can hold. */
export function isFarTime({ seconds }: Timespec): boolean {
  return seconds < 0 || seconds > LAST_SAFE_SECOND
}

export function isSameTime(a: Timespec, b: Timespec): boolean {
  return a.seconds === b.seconds && a.nanoseconds === b.nanoseconds
}

/** Whether one time is what a coarser clock makes of the other. */
export function isRoundedTime(a: Timespec, b: Timespec): boolean {
  return Math.abs(a.seconds - b.seconds) <= COARSEST_SECONDS
}

/** A time for messages, to the second. */
export function timeText({ seconds }: Timespec): string {
  return Math.abs(seconds) > LAST_DATE_SECOND ? `second ${seconds}` : isoTime(1000 * seconds)
}
