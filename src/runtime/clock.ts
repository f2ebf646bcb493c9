// The only door to time. Everything else asks here, so that tests can set it and deletion can never trust it unseen.

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

/** Milliseconds since 1970 of a date as text; a form without a zone is local time. NaN when it is no date. */
export function parseTime(text: string): number {
  return new Date(text).getTime()
}

/** Shifts the wall clock by so many milliseconds; for tests of clock skew. */
export function shiftClock(ms: number): void {
  offsetMs = ms
}
