// The only door to time. Everything else asks here, so that tests can set it and deletion can never trust it unseen.

import { setTimeout } from 'node:timers/promises'

let offsetMs = 0

/** Wall-clock time in milliseconds since 1970; information only, never a reason to delete. */
export function now(): number {
  return Date.now() + offsetMs
}

/** Milliseconds that only grow, for durations; the origin has no meaning. */
export function monotonicMs(): number {
  return performance.now()
}

/** A point in time as RFC 3339 text in UTC, to the second. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')
}

/**
 * The last of the milliseconds since 1970 that an ISO 8601 date and time means: a whole second counts to its end. Without a zone it
 * is UTC, as `isoTime` writes it. NaN when it is no date.
 */
export function parseTime(text: string): number {
  const [, zone = 'Z'] = /(Z|[+-]\d\d:?\d\d)$/.exec(text) ?? []
  const isWholeSecond = !text.includes('.')
  return new Date(text.endsWith(zone) ? text : text + zone).getTime() + (isWholeSecond ? 999 : 0)
}

/** Shifts the wall clock by so many milliseconds; for tests of clock skew. */
export function shiftClock(ms: number): void {
  offsetMs = ms
}

/** Waits so many milliseconds. */
export async function sleep(ms: number): Promise<void> {
  await setTimeout(ms)
}
