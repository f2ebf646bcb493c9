// When a file's times cannot prove that it is unchanged, because it changed about when it was read. git calls these racily clean.

const CTIME_SECONDS_AT = 24
const CTIME_NANOSECONDS_AT = 36
const MARGIN_MS = 2000

/** Whether a stat record's ctime is not clearly older than the start of the capture, in milliseconds since 1970. */
export function isRacy(statRecord: Buffer, startedAt: number): boolean {
  const ctimeMs = statRecord.readDoubleLE(CTIME_SECONDS_AT) * 1000 + statRecord.readUInt32LE(CTIME_NANOSECONDS_AT) / 1e6
  return !(ctimeMs < startedAt - MARGIN_MS)
}
