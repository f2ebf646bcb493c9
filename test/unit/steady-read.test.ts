// Reads of a file whose times are too coarse to tell two writes apart. Clock, sleep and metadata are simulated: a file is what was written
// last, and its times are those of the write, cut to the ticks of its file system.

import { beforeEach, describe, expect, test, vi } from 'vitest'
import { readSteadily, type SteadyRead } from '../../src/operations/commit/steady-read.ts'
import type { FileStat, Timespec } from '../../src/runtime/posix/file-stat.ts'
import { settlingMs } from '../../src/sources/filesystem/settling.ts'

const START = 1_700_000_000_500
const time = vi.hoisted(() => ({ ms: 0, waited: [] as number[], whileWaiting: () => {} }))
const file = vi.hoisted(() => ({ stamp: 0, content: 0 }))

vi.mock('../../src/runtime/clock.ts', () => ({
  now: () => time.ms,
  sleep: async (ms: number) => {
    time.waited.push(ms)
    time.ms += ms
    time.whileWaiting()
  },
}))
vi.mock('../../src/runtime/posix/stat.ts', () => ({ statFd: () => statOf(file.stamp) }))
const kernel = vi.hoisted(() => ({ stampsEveryWrite: false }))
vi.mock('../../src/sources/filesystem/write-stamps.ts', () => ({ stampsEveryWrite: () => kernel.stampsEveryWrite }))

const FILE = { dev: 1, ino: 2n, mode: 0o100644, nlink: 1, uid: 0, gid: 0, rdevMajor: 0, rdevMinor: 0, sizeBytes: 5, blocks: 8 }

function timespec(ms: number): Timespec {
  const seconds = Math.floor(ms / 1000)
  return { seconds, nanoseconds: Math.round((ms - 1000 * seconds) * 1e6) }
}

function statOf(ms: number): FileStat {
  const [ctime, mtime] = [timespec(ms), timespec(ms)]
  return { ...FILE, mtime, ctime, btime: ctime }
}

/** Writes the next generation, on a file system that ticks so often, its clock so far ahead. */
function write(tickMs: number, aheadMs = 0): void {
  file.content++
  file.stamp = Math.floor((time.ms + aheadMs) / tickMs) * tickMs
}

/** Reads half of the file, lets something happen, and reads the rest; the generations of both halves. */
async function readHalves(happens: (attempt: number) => void): Promise<SteadyRead & { halves: number[] }> {
  let halves: number[] = []
  let attempt = 0
  const read = await readSteadily(0, async () => {
    const first = file.content
    happens(++attempt)
    halves = [first, file.content]
    return { items: [], isTorn: false }
  })
  return { ...read, halves }
}

beforeEach(() => {
  time.ms = START
  time.waited = []
  time.whileWaiting = () => {}
  file.content = 0
  kernel.stampsEveryWrite = false
})

test('where every write has a stamp of its own, nothing is waited for', async () => {
  kernel.stampsEveryWrite = true
  write(1)
  const { changed } = await readHalves(() => undefined)
  expect([changed, time.waited]).toEqual([false, []])
})

describe.each([
  ['10 ms', 10, 20],
  ['a second', 1000, 2020],
  ['two seconds', 2000, 2020],
])('where times tick every %s', (_, tickMs, mostMs) => {
  test.each([0, 60_000])('a write in the tick of the last one is seen (the clock is ahead by %i ms)', async (aheadMs) => {
    write(tickMs, aheadMs)
    const { halves, changed } = await readHalves((attempt) => attempt === 1 && write(tickMs, aheadMs))
    expect([halves, changed]).toEqual([[2, 2], false])
    expect(Math.max(0, ...time.waited)).toBeLessThanOrEqual(mostMs)
  })

  test('a file that is written all the time is waited for with bounds, and said to have changed', async () => {
    write(tickMs)
    time.whileWaiting = () => write(tickMs)
    const { changed } = await readHalves(() => write(tickMs))
    expect(changed).toBe(true)
    expect(time.waited.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(Math.max(200, mostMs))
  })

  test('of many files that were written just before, only the first is waited for', async () => {
    const stamps = Array.from({ length: 1000 }, (__, index) => {
      write(tickMs)
      time.ms += index % 2
      return file.stamp
    })
    for (const stamp of stamps) {
      file.stamp = stamp
      await readHalves(() => undefined)
    }
    expect(time.waited.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(mostMs)
  })
})

test.each([
  ['long ago', -60_000, 0],
  ['from before 1970', -START - 5, 0],
  ['21 ms ago', -21, 0],
  ['20 ms ago', -20, 1],
  ['this moment', 0, 20],
  ['ahead', 1, 20],
  ['a little ahead', 299_999, 20],
  ['far ahead', 300_001, 0],
])('%s', (_, ms, waitMs) => {
  expect(settlingMs(statOf(START + ms), START)).toBe(waitMs)
  // Either of the two times may be the one that a write moves.
  expect(settlingMs({ ...statOf(START + ms), mtime: timespec(1001) }, START)).toBe(waitMs)
  expect(settlingMs({ ...statOf(START + ms), ctime: timespec(1001) }, START)).toBe(waitMs)
})
