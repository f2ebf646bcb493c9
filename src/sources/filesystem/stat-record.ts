// What decides whether a file is unchanged: inode, type and mode, owner, size, times, link count; 64 bytes a file. SPEC §9.2.
// The device is left out: its number may change with every boot, while inode, size and both times together do not lie.

import type { FileStat } from '../../runtime/posix/stat.ts'

export const STAT_RECORD_BYTES = 64
const FORGOTTEN = Buffer.alloc(STAT_RECORD_BYTES, 0xff)

/** Writes the record of a file at an offset of `target`. */
export function putStatRecord(target: Buffer, offset: number, stat: FileStat): void {
  target.writeBigUInt64LE(stat.ino, offset)
  target.writeDoubleLE(stat.sizeBytes, offset + 8)
  target.writeDoubleLE(stat.mtime.seconds, offset + 16)
  target.writeDoubleLE(stat.ctime.seconds, offset + 24)
  target.writeUInt32LE(stat.mtime.nanoseconds, offset + 32)
  target.writeUInt32LE(stat.ctime.nanoseconds, offset + 36)
  target.writeUInt32LE(stat.mode, offset + 40)
  target.writeUInt32LE(stat.uid, offset + 44)
  target.writeUInt32LE(stat.gid, offset + 48)
  target.writeUInt32LE(stat.nlink, offset + 52)
  target.writeUInt32LE(stat.rdevMajor, offset + 56)
  target.writeUInt32LE(stat.rdevMinor, offset + 60)
}

/** The record of one file. */
export function statRecord(stat: FileStat): Buffer {
  const record = Buffer.allocUnsafe(STAT_RECORD_BYTES)
  putStatRecord(record, 0, stat)
  return record
}

/** Whether a record was forgotten. */
export function isForgotten(record: Buffer): boolean {
  return record.equals(FORGOTTEN)
}

/** Makes a record that equals no file's, so that this file is read again next time. */
export function forgetStatRecord(target: Buffer, offset: number): void {
  target.fill(0xff, offset, offset + STAT_RECORD_BYTES)
}
