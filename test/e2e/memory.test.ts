// Bounded memory whatever the input: a file of 20 GB with holes, and a directory of 200,000 entries, committed and restored by the real
// program on two cores, whose largest resident set the kernel tells. Each further core would take a thread, and a thread its buffers.

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'
import { noise } from '../support/sample-tree.ts'

const MOST_BYTES = 300e6
const MIB = 1 << 20

const place = new CliPlace()
beforeAll(() => place.json(['init']))
afterAll(() => place.remove(), 240_000) // 600,000 names to unlink

/** Runs the program with --json to its end with 0, and returns its last line and its largest resident set in bytes. */
function measured(...args: readonly string[]): ReturnType<typeof measuredTo> {
  return measuredTo(0, ...args)
}

async function measuredTo(exitCode: number, ...args: readonly string[]): Promise<{ outcome: Record<string, unknown>; peakBytes: number }> {
  const child = place.startOnTwoCores([...args, '--json'])
  let said = ''
  let peakBytes = 0
  child.stdout!.on('data', (text) => (said += text))
  const look = setInterval(() => (peakBytes = Math.max(peakBytes, peakOf(child.pid!))), 5)
  const code = await new Promise((resolve) => child.on('close', resolve))
  clearInterval(look)
  expect(code, said).toBe(exitCode)
  expect(peakBytes, 'a peak that was seen').toBeGreaterThan(50e6)
  return { outcome: JSON.parse(said.trimEnd().split('\n').at(-1)!), peakBytes }
}

/** The kernel's own high-water mark, so that looking now and then misses next to nothing; 0 once the process is gone. */
function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

describe('a file of 20 GB, of which 120 MiB are data', () => {
  const SIZE = 20e9
  const places = Array.from({ length: 40 }, (_, i) => Math.floor((SIZE / 41) * i) + 12_345)

  test('is committed and restored within 300 MB, its holes as holes', async () => {
    const file = place.write('large/file', '')
    const fd = fs.openSync(file, 'r+')
    fs.ftruncateSync(fd, SIZE)
    for (const [seed, at] of places.entries()) fs.writeSync(fd, noise(seed, 3 * MIB), 0, 3 * MIB, at)
    fs.closeSync(fd)
    const committed = await measured('commit', path.dirname(file), '--name', 'large')
    expect(committed.outcome).toMatchObject({ files: 1, bytes: SIZE, complete: true })
    const restored = await measured('restore', 'large', '--to', place.at('restored'))
    const copy = fs.openSync(place.at('restored/file'), 'r')
    expect(fs.fstatSync(copy).size).toBe(SIZE)
    expect(fs.fstatSync(copy).blocks * 512).toBeLessThan(200e6)
    for (const [seed, at] of places.entries()) {
      const bytes = Buffer.alloc(3 * MIB + 2, 1)
      fs.readSync(copy, bytes, 0, bytes.length, at - 1)
      expect(bytes.equals(Buffer.concat([Buffer.alloc(1), noise(seed, 3 * MIB), Buffer.alloc(1)])), `at ${at}`).toBe(true)
    }
    fs.closeSync(copy)
    for (const { peakBytes } of [committed, restored]) expect(peakBytes).toBeLessThan(MOST_BYTES)
  }, 240_000)
})

describe('a directory of 200,000 entries', () => {
  const COUNT = 200_000

  test('is committed, looked at again, committed after a change, and restored within 300 MB', async () => {
    fs.mkdirSync(place.at('wide'))
    for (let i = 0; i < COUNT; i++) fs.writeFileSync(place.at('wide', `entry number ${i} of many`), i % 10 === 0 ? `content ${i}` : '')
    const commit = () => measured('commit', place.at('wide'), '--name', 'wide')
    const first = await commit()
    expect(first.outcome).toMatchObject({ files: COUNT, complete: true })
    const second = await commit() // the last files are read again: they were written just before the first commit
    expect(second.outcome).toMatchObject({ files: COUNT, newFiles: 0, changedFiles: 0 })
    const unchanged = await commit()
    expect(unchanged.outcome).toMatchObject({ files: COUNT, newFiles: 0, changedFiles: 0 })
    fs.writeFileSync(place.at('wide', 'entry number 100000 of many'), 'changed')
    const changed = await commit()
    expect(changed.outcome).toMatchObject({ files: COUNT, newFiles: 0, changedFiles: 1 })
    const restored = await measured('restore', 'wide', '--to', place.at('wide restored'))
    expect(fs.readdirSync(place.at('wide restored'))).toHaveLength(COUNT)
    expect(fs.readFileSync(place.at('wide restored', 'entry number 199990 of many'), 'utf8')).toBe('content 199990')
    expect(fs.readFileSync(place.at('wide restored', 'entry number 100000 of many'), 'utf8')).toBe('changed')
    const peaks = Object.entries({ first, second, unchanged, changed, restored }).map(([name, { peakBytes }]) => [name, peakBytes] as const)
    expect(peaks.filter(([, peakBytes]) => peakBytes >= MOST_BYTES)).toEqual([])
  }, 240_000)

  test('all of them directories, is committed and looked at again within 300 MB', async () => {
    for (let i = 0; i < COUNT; i++) fs.mkdirSync(place.at('branches', `directory number ${i}`), { recursive: true })
    const first = await measured('commit', place.at('branches'), '--name', 'branches')
    const second = await measured('commit', place.at('branches'), '--name', 'branches')
    for (const { outcome, peakBytes } of [first, second]) {
      expect(outcome).toMatchObject({ directories: COUNT + 1, complete: true })
      expect(peakBytes).toBeLessThan(MOST_BYTES)
    }
  }, 240_000)
})

describe('a store into which somebody put the largest packs that there may be', () => {
  const JUNK_BYTES = 256 * MIB

  test('is verified one of them at a time', async () => {
    const store = ['--repo', place.at('with-junk')]
    await place.json(['init', ...store])
    for (let i = 0; i < 6; i++) {
      const junk = place.write(`with-junk/packs/data/0${i}/0${String(i).padEnd(63, '0')}`, '')
      fs.truncateSync(junk, JUNK_BYTES)
    }
    const { outcome, peakBytes } = await measuredTo(21, 'verify', '--data', ...store)
    expect(outcome.ok).toBe(false)
    expect(peakBytes).toBeLessThan(MOST_BYTES + JUNK_BYTES / 2)
  }, 120_000)
})
