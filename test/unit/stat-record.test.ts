// The stamp of a file as the kernel wrote it, and as it is made of metadata that was copied: both decide whether a file is unchanged.

import fs from 'node:fs'
import { expect, test } from 'vitest'
import type { FileStat } from '../../src/runtime/posix/file-stat.ts'
import { StatBuffer } from '../../src/runtime/posix/stat-buffer.ts'
import { forgottenRecord, isForgotten, STAT_RECORD_BYTES, StatRecords, statRecord } from '../../src/sources/filesystem/stat-record.ts'
import { scratch } from '../support/scratch.ts'

const { at } = scratch()

function statOf(file: string): StatBuffer {
  const stat = new StatBuffer()
  stat.readPath(file)
  return stat
}

test.each([
  ['a file', () => fs.writeFileSync(at('it'), 'bytes')],
  ['a file from before 1970', () => (fs.writeFileSync(at('it'), ''), fs.utimesSync(at('it'), 1, -1.5))],
  ['a file of 20 TB', () => (fs.writeFileSync(at('it'), ''), fs.truncateSync(at('it'), 12e12))],
  ['a directory', () => fs.mkdirSync(at('it'))],
  ['a symlink', () => fs.symlinkSync('nowhere', at('it'))],
])('%s has one record, however its metadata came', (_, make) => {
  fs.rmSync(at('it'), { recursive: true, force: true })
  make()
  const stat = statOf(at('it'))
  expect(statRecord(stat.copy())).toEqual(statRecord(stat))
  expect(statRecord(stat)).toHaveLength(STAT_RECORD_BYTES)
})

test('a device has its numbers in the record', () => {
  const stat = statOf('/dev/null')
  expect(statRecord(stat.copy())).toEqual(statRecord(stat))
  expect(statRecord({ ...stat.copy(), rdevMinor: 4 })).not.toEqual(statRecord(stat))
})

test('every change that the kernel tells makes another record', () => {
  fs.rmSync(at('it'), { recursive: true, force: true })
  fs.writeFileSync(at('it'), 'bytes')
  const stat = statOf(at('it')).copy()
  const changes: Partial<FileStat>[] = [
    { ino: stat.ino + (1n << 40n) },
    { mode: stat.mode ^ 1 },
    { nlink: 2 },
    { uid: stat.uid + 1 },
    { gid: stat.gid + 1 },
    { sizeBytes: stat.sizeBytes + 2 ** 33 },
    { mtime: { ...stat.mtime, nanoseconds: stat.mtime.nanoseconds ^ 1 } },
    { mtime: { ...stat.mtime, seconds: stat.mtime.seconds - 2 ** 33 } },
    { ctime: { ...stat.ctime, nanoseconds: stat.ctime.nanoseconds ^ 1 } },
    { ctime: { ...stat.ctime, seconds: stat.ctime.seconds + 1 } },
  ]
  for (const change of changes) expect(statRecord({ ...stat, ...change }), Object.keys(change)[0]).not.toEqual(statRecord(stat))
  // These may change on their own: after a reboot, and when the file system gets round to allocating.
  expect(statRecord({ ...stat, dev: stat.dev + 1, blocks: stat.blocks + 8 })).toEqual(statRecord(stat))
})

test('records tell sizes, what is racy, and what was forgotten', () => {
  const startedAt = 1_700_000_000_000
  const stat = { ...statOf('/dev/null').copy(), sizeBytes: 5e12 }
  const records = new StatRecords(3)
  records.put(0, { ...stat, ctime: { seconds: 1_699_999_997, nanoseconds: 979_000_000 } })
  records.put(1, { ...stat, ctime: { seconds: 1_699_999_997, nanoseconds: 980_000_000 } })
  records.put(2, { ...stat, ctime: { seconds: -5, nanoseconds: 0 } })
  expect([0, 1, 2].map((index) => records.isRacy(index, startedAt))).toEqual([false, true, false])
  expect(records.sizeBytes(1)).toBe(5e12)
  const copy = Buffer.from(records.bytes(0, 3))
  records.forget(1)
  expect([0, 1, 2].map((index) => records.equals(index, copy, index))).toEqual([true, false, true])
  records.copyFrom(1, copy, 1)
  expect(records.bytes(0, 3)).toEqual(copy)
})

test('a record that is taken over tells whether it is of another file, also when it was forgotten', () => {
  const stat = statOf('/dev/null').copy()
  const records = new StatRecords(1)
  records.put(0, stat)
  const taken = [stat, { ...stat, ino: stat.ino + 1n }, { ...stat, ino: stat.ino + (1n << 40n) }].flatMap((each) => [
    records.copyFrom(0, statRecord(each), 0),
    records.copyFrom(0, forgottenRecord({ ...each, ino: each.ino + 1n }), 0),
    records.copyFrom(0, forgottenRecord(), 0),
  ])
  expect(taken).toEqual([false, true, false, false, true, false, true, true, false])
  expect(records.isForgotten(0)).toBe(true)
})

test('a record that is forgotten still tells which file it was', () => {
  const stat = { ...statOf('/dev/null').copy(), ino: 0x1234_5678_9abc_def0n }
  const records = new StatRecords(2)
  for (const index of [0, 1]) records.put(index, stat)
  records.forget(0)
  records.copyFrom(1, forgottenRecord(), 0)
  for (const index of [0, 1]) expect([records.inodeLow(index), records.inodeHigh(index)]).toEqual([0x9abc_def0, 0x1234_5678])
  expect([0, 1].map((index) => records.isForgotten(index) && isForgotten(records.bytes(index, index + 1)))).toEqual([true, true])
})
