// Files that change, vanish or cannot be read while a commit reads them: recorded, never silent, and read again by the next commit.
// The moments are made by hooks: whatever the walk asks first (is this excluded?), and each read of a file.

import fs from 'node:fs'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import type { CommitOptions, CommitOutcome } from '../../src/operations/commit/commit.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { shiftClock } from '../../src/runtime/clock.ts'
import type { FileStat } from '../../src/runtime/posix/file-stat.ts'
import { MemoryRows } from '../support/memory-rows.ts'
import { asOrdinaryUser } from '../support/ordinary-user.ts'
import { removeTree } from '../support/random-tree.ts'
import { commitIn, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { noise } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'
import { linesInSnapshot, linesOnDisk, type TreeLines } from '../support/tree.ts'

/** Stat records that lie, by inode: a clock too coarse to tell two writes apart. */
const frozen = vi.hoisted(() => new Map<bigint, { readonly stat: unknown; readonly stamp: Uint32Array }>())
vi.mock('../../src/runtime/posix/stat.ts', async (original) => {
  const real = await original<typeof import('../../src/runtime/posix/stat.ts')>()
  const lie = (stat: FileStat): FileStat => (frozen.get(stat.ino)?.stat as FileStat | undefined) ?? stat
  return {
    ...real,
    statAt: (...args: Parameters<typeof real.statAt>) => lie(real.statAt(...args)),
    statFd: (fd: number) => lie(real.statFd(fd)),
  }
})

vi.mock('../../src/runtime/posix/stat-buffer.ts', async (original) => {
  const real = await original<typeof import('../../src/runtime/posix/stat-buffer.ts')>()
  class StatBuffer extends real.StatBuffer {
    override stampInto(target: Uint32Array, at: number): void {
      const lie = frozen.get(this.ino)
      if (lie === undefined) super.stampInto(target, at)
      else target.set(lie.stamp, at)
    }
    override isSameStamp(other: InstanceType<typeof real.StatBuffer>): boolean {
      return frozen.has(this.ino) || super.isSameStamp(other)
    }
  }
  return { ...real, StatBuffer }
})

/** Names of directories that do not open, though nothing about them changes. */
const shut = vi.hoisted(() => new Set<string>())
vi.mock('../../src/runtime/posix/at.ts', async (original) => {
  const real = await original<typeof import('../../src/runtime/posix/at.ts')>()
  const openDirNoFollow: typeof real.openDirNoFollow = (fd, name) => {
    if (shut.has(Buffer.from(name).toString())) throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
    return real.openDirNoFollow(fd, name)
  }
  return { ...real, openDirNoFollow }
})

const { at } = scratch()
let store: MemoryStore
let owner: TestOwner
let rows: MemoryRows
const cases = new CaseCounter()

beforeEach(async ({ onTestFinished, task }) => {
  const passed = cases.begin('file or directory that changes, vanishes or cannot be read')
  onTestFinished(() => {
    if (task.result?.state === 'pass') passed()
  })
  fs.mkdirSync(at('tree'))
  store = new MemoryStore()
  owner = await initIn(store)
  rows = new MemoryRows()
})

afterEach(() => {
  vi.restoreAllMocks()
  frozen.clear()
  shut.clear()
  shiftClock(0)
  removeTree(at('tree'))
})

afterAll(() => recordReliability('changing-files', cases))

function write(name: string, content: string | Buffer): void {
  fs.mkdirSync(at('tree', name, '..'), { recursive: true })
  fs.writeFileSync(at('tree', name), content)
}

/** Commits with the rows of the commit before, as the program does. */
function commitTree(options: Partial<CommitOptions> = {}): Promise<CommitOutcome> {
  return commitIn(store, owner, at('tree'), { openCache: () => rows, ...options })
}

async function newest(): Promise<TreeLines> {
  const repository = await openAs(store, owner)
  return linesInSnapshot(repository, repository.journal.state.snapshots.at(-1)!)
}

/** Runs a commit in which something happens when the walk comes to a name. */
function commitWhen(name: string, happens: () => void): Promise<CommitOutcome> {
  const isExcluded = (path: string): boolean => {
    if (path === name) happens()
    return false
  }
  return commitTree({ isExcluded })
}

/** Calls back after each read of the file of that size. */
function onRead(sizeBytes: number, happens: () => void): void {
  const { readSync } = fs
  vi.spyOn(fs, 'readSync').mockImplementation((fd: number, ...rest: [NodeJS.ArrayBufferView]) => {
    const read = readSync(fd, ...rest)
    if (read > 0 && fs.fstatSync(fd).size >= sizeBytes) happens()
    return read
  })
}

function problemsOf({ manifest }: CommitOutcome): string[] {
  return manifest.problems.map(({ path, kind }) => `${kind} ${Buffer.from(path).toString('latin1')}`)
}

/** The snapshot says of itself that it is partial, and its numbers are those of what it holds. */
async function expectPartial(outcome: CommitOutcome, problems: readonly string[]): Promise<void> {
  expect(problemsOf(outcome).sort()).toEqual([...problems].sort())
  const { complete, problemCount, statistics } = outcome.manifest
  expect([complete, problemCount]).toEqual([false, problems.length])
  const entries = (await newest()).map((line) => JSON.parse(line) as { type: number })
  expect(statistics.files).toBe(entries.filter(({ type }) => type === 1).length)
  expect(statistics.directories).toBe(entries.filter(({ type }) => type === 2).length)
}

async function expectHealed(): Promise<void> {
  const { manifest } = await commitTree()
  expect(manifest.problems).toEqual([])
  expect(await newest()).toEqual(linesOnDisk(at('tree')))
}

describe('a file', () => {
  test('that changes once while it is read is read again', async () => {
    write('file', noise(1, 50_000))
    let isFirst = true
    onRead(50_000, () => {
      if (isFirst) fs.appendFileSync(at('tree', 'file'), 'more')
      isFirst = false
    })
    expect(problemsOf(await commitTree())).toEqual([])
    expect(await newest()).toEqual(linesOnDisk(at('tree')))
  })

  test('that changes again and again is recorded, and read by the next commit', async () => {
    write('file', noise(1, 50_000))
    write('other', 'unharmed')
    onRead(50_000, () => fs.appendFileSync(at('tree', 'file'), 'more'))
    await expectPartial(await commitTree(), ['changed file'])
    vi.restoreAllMocks()
    await expectHealed()
  })

  test('that shrinks while it is read is recorded', async () => {
    write('file', noise(1, 50_000))
    let size = 50_000
    onRead(1, () => fs.truncateSync(at('tree', 'file'), --size))
    await expectPartial(await commitTree(), ['changed file'])
    vi.restoreAllMocks()
    await expectHealed()
  })

  test('that vanishes before it is read', async () => {
    for (const name of ['a', 'b', 'c']) write(name, `content of ${name}`)
    await expectPartial(await commitWhen('c', () => fs.rmSync(at('tree', 'a'))), ['vanished a'])
    await expectHealed()
  })

  test('whose disk fails is recorded, and read by the next commit', async () => {
    write('bad', noise(1, 70_000))
    write('good', 'unharmed')
    onRead(70_000, () => {
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })
    })
    await expectPartial(await commitTree(), ['unreadable bad'])
    vi.restoreAllMocks()
    await expectHealed()
  })

  test.each([1, 2, 5])('whose disk fails at read %i spoils no other file', async (nth) => {
    write('a-bad', noise(1, 9_000_000))
    for (const name of ['b', 'c', 'd']) write(name, `content of ${name}`)
    let reads = 0
    onRead(9_000_000, () => {
      if (++reads >= nth) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })
    })
    await expectPartial(await commitTree(), ['unreadable a-bad'])
    vi.restoreAllMocks()
    expect(await newest()).toEqual(linesOnDisk(at('tree')).filter((line) => !line.includes('"a-bad"')))
    await expectHealed()
  })

  test('that becomes a FIFO, a symlink or a directory before it is read blocks nothing and is never followed', async () => {
    write('outside', 'secret')
    for (const name of ['a', 'b', 'c', 'd']) write(name, `content of ${name}`)
    const swap = (): void => {
      for (const name of ['a', 'b']) fs.rmSync(at('tree', name))
      fs.symlinkSync('outside', at('tree', 'a'))
      fs.mkdirSync(at('tree', 'b'))
    }
    const outcome = await commitWhen('d', swap)
    const lines = (await newest()).map((line) => JSON.parse(line) as { path: string; type: number; content?: string })
    expect(lines.find(({ path }) => path === 'a')?.content).toBeUndefined()
    expect(lines.find(({ path }) => path === 'b')?.type).not.toBe(1)
    expect(outcome.manifest.complete || outcome.manifest.problemCount > 0).toBe(true)
    await expectHealed()
  })
})

describe('a file of several ranges of data', () => {
  const MIB = 1 << 20

  /** A file of 1 MiB of a letter at each offset, with holes between them and behind the last. */
  function writeRanges(name: string, letter: string, offsets: readonly number[], sizeBytes: number): void {
    const fd = fs.openSync(at(name), 'w')
    for (const offset of offsets) fs.writeSync(fd, Buffer.alloc(MIB, letter), 0, MIB, offset)
    fs.ftruncateSync(fd, sizeBytes)
    fs.closeSync(fd)
  }

  /** Lets reads at an offset find the end of the file, so many times. */
  function endAt(offset: number, times: number): void {
    const { readSync } = fs
    let left = times
    vi.spyOn(fs, 'readSync').mockImplementation(((fd: number, room: Buffer, start: number, length: number, from: number) =>
      from === offset && left-- > 0 ? 0 : readSync(fd, room, start, length, from)) as typeof fs.readSync)
  }

  async function content(): Promise<Buffer> {
    const repository = await openAs(store, owner)
    const { root } = await repository.readManifest(repository.journal.state.snapshots.at(-1)!)
    const [entry] = await Array.fromAsync(repository.readTree(root.content!))
    return Buffer.concat(await Array.fromAsync(repository.readFile(entry!.content!)))
  }

  test.each([0, 2])('that is replaced between its pieces is the old one, whole (threads: %i)', async (threads) => {
    writeRanges('tree/file', 'a', [0, 64 * MIB, 130 * MIB], 140 * MIB)
    const before = linesOnDisk(at('tree'))
    let isReplaced = false
    const replace = (): void => {
      if (isReplaced) return
      isReplaced = true
      writeRanges('next', 'b', [0, 64 * MIB, 130 * MIB], 150 * MIB)
      fs.renameSync(at('next'), at('tree', 'file'))
    }
    onRead(140 * MIB, replace)
    // Threads have no hook in their reads: the file is replaced when the first of its jobs is sent off.
    const { postMessage } = Worker.prototype
    vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, message: { job?: { kind: string } }, ...rest) {
      if (message.job?.kind === 'ranges') replace()
      postMessage.call(this, message, ...(rest as []))
    })
    expect(problemsOf(await commitTree({ threads }))).toEqual([])
    expect(isReplaced).toBe(true)
    expect(await newest()).toEqual(before)
    vi.restoreAllMocks()
    await expectHealed()
  })

  test.each([
    ['pieces', [0, 64 * MIB, 130 * MIB], 140 * MIB],
    ['ranges', [0, 4 * MIB, 8 * MIB], 12 * MIB],
  ] as const)('whose end moves back and forth between its %s keeps each byte in its place', async (_, offsets, sizeBytes) => {
    writeRanges('tree/file', 'a', offsets, sizeBytes)
    const whole = fs.readFileSync(at('tree', 'file'))
    endAt(offsets[1], 1)
    expect(problemsOf(await commitTree())).toEqual([])
    expect((await content()).equals(whole)).toBe(true)
    vi.restoreAllMocks()

    fs.utimesSync(at('tree', 'file'), 1, 1)
    endAt(offsets[1], Infinity)
    await expectPartial(await commitTree(), ['changed file'])
    expect((await content()).equals(whole.fill(0, offsets[1], offsets[1] + MIB))).toBe(true)
    vi.restoreAllMocks()
    await expectHealed()
  })
})

describe('a directory', () => {
  test('that could not be read once is in the next snapshot, though nothing of it changed', async () => {
    for (const name of ['top', 'a/b/deep/file', 'a/b/other']) write(name, name)
    shiftClock(60_000) // the rows count: nothing changed just now
    await commitTree()
    shut.add('b')
    await expectPartial(await commitTree(), ['unreadable a/b'])
    shut.clear()
    await expectHealed()
  })

  test('that vanishes during the walk', async () => {
    for (const name of ['a/file', 'b/file', 'c']) write(name, name)
    await expectPartial(await commitWhen('a/file', () => fs.rmSync(at('tree', 'b'), { recursive: true })), ['vanished b'])
    await expectHealed()
  })

  test.each([20, 400])('of %i, with files that are still to be read', async (count) => {
    for (let i = 0; i < count; i++) write(`d${String(i).padStart(3, '0')}/file`, `content ${i}`)
    const last = `d${String(count - 1).padStart(3, '0')}/file`
    const outcome = await commitWhen(last, () => {
      for (let i = 0; i < count - 1; i++) fs.rmSync(at('tree', `d${String(i).padStart(3, '0')}`), { recursive: true })
    })
    expect(outcome.manifest.complete).toBe(false)
    expect(problemsOf(outcome).every((problem) => /^vanished d\d+(\/file)?$/.test(problem))).toBe(true)
    await expectPartial(outcome, problemsOf(outcome))
    await expectHealed()
  })
})

describe('what this user may not read', () => {
  test('is recorded, and read when it may be', async () => {
    for (const name of ['closed', 'open', 'shut/file']) write(name, name)
    fs.chmodSync(at(), 0o755)
    fs.chmodSync(at('tree', 'closed'), 0)
    fs.chmodSync(at('tree', 'shut'), 0)
    const tree = ['', 'closed', 'open', 'shut', 'shut/file'].map((name) => at('tree', name))
    await asOrdinaryUser(tree, async () => {
      await expectPartial(await commitTree(), ['unreadable closed', 'unreadable shut'])
      fs.chmodSync(at('tree', 'closed'), 0o600)
      fs.chmodSync(at('tree', 'shut'), 0o700)
      await expectHealed()
    })
  })
})

describe('a file that is written again within the tick of its clock', () => {
  /** Commits, changes a file so that its stat record stays the same, commits again; what the second snapshot holds of it. */
  async function secondContent(): Promise<string> {
    write('file', 'old content')
    const { STAMP_WORDS, StatBuffer } = await import('../../src/runtime/posix/stat-buffer.ts')
    const stat = new StatBuffer()
    stat.readPath(Buffer.from(at('tree', 'file')))
    const stamp = new Uint32Array(STAMP_WORDS)
    stat.stampInto(stamp, 0)
    frozen.set(stat.ino, { stat: stat.copy(), stamp })
    await commitTree()
    fs.writeFileSync(at('tree', 'file'), 'new content')
    await commitTree()
    const repository = await openAs(store, owner)
    const { root } = await repository.readManifest(repository.journal.state.snapshots.at(-1)!)
    const [entry] = await Array.fromAsync(repository.readTree(root.content!))
    return Buffer.concat(await Array.fromAsync(repository.readFile(entry!.content!))).toString()
  }

  test('is read again', async () => {
    expect(await secondContent()).toBe('new content')
  })

  test('(and would not be, were it older: so the test above means something)', async () => {
    shiftClock(60_000)
    expect(await secondContent()).toBe('old content')
  })
})
