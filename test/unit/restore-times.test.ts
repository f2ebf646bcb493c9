// Times that the target cannot hold: the kernel changes them without a word, and the restore says so.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ENTRY_FILE, type Entry } from '../../format/tree.ts'
import { planRestore, type RestoreOutcome, runRestore } from '../../src/operations/restore/restore.ts'
import type { Timespec } from '../../src/runtime/posix/file-stat.ts'
import * as posix from '../../src/runtime/posix/metadata.ts'
import * as stat from '../../src/runtime/posix/stat.ts'
import { DirectoryTableBuilder } from '../../src/targets/directory-table.ts'
import { currentRestorer } from '../../src/targets/metadata.ts'
import { Staging } from '../../src/targets/staging.ts'
import { roundsTimes } from '../../src/targets/times.ts'
import { TreeWriter } from '../../src/targets/tree-writer.ts'
import { Ext4Disk, whyNoExt4 } from '../support/ext4-disk.ts'
import { commitDirectory, repositoryFixture } from '../support/repository-fixture.ts'
import { SmallDisk } from '../support/small-disk.ts'

vi.mock(import('../../src/runtime/posix/metadata.ts'), { spy: true })
vi.mock(import('../../src/runtime/posix/stat.ts'), { spy: true })

const whyNot = whyNoExt4()
const MANY = 1500

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cairn-times-'))
})
afterEach(() => {
  vi.resetAllMocks()
  rmSync(base, { recursive: true })
})

describe.skipIf(whyNot !== undefined)(`on ext4${whyNot === undefined ? '' : ` (${whyNot})`}`, () => {
  let source: SmallDisk
  let disk: Ext4Disk | undefined
  beforeEach(() => {
    source = SmallDisk.mount(join(base, 'source'), { bytes: 16 << 20 })
  })
  afterEach(() => {
    source.unmount()
    disk?.unmount()
  })

  function touch(name: string, time: string): void {
    writeFileSync(join(source.path, name), name)
    setTime(time, name)
  }
  function setTime(time: string, ...names: string[]): void {
    execFileSync('touch', ['--no-dereference', '-d', time, ...names.map((name) => join(source.path, name))])
  }
  async function restore(inodeBytes: 128 | 256): Promise<{ outcome: RestoreOutcome; problems: string[] }> {
    setTime('2001-02-03 04:05:06 UTC', '')
    const { repository } = await repositoryFixture()
    const snapshot = await commitDirectory(repository, source.path)
    disk = Ext4Disk.mount(join(base, 'disk'), inodeBytes)
    const outcome = await runRestore(repository, await planRestore(repository, snapshot, { to: join(disk.path, 'target') }), {
      threadCount: 2,
    })
    const problems = outcome.problems.map(({ path, kind, message }) => `${Buffer.from(path).toString()} ${kind} ${message}`)
    return { outcome, problems }
  }

  test('a time beyond its range is a problem of the entry, and no other is', async () => {
    touch('late', '3000-01-01 00:00:00.5 UTC')
    touch('early', '1800-01-01 UTC')
    touch('before 1970', '1950-01-01 00:00:00.123456789 UTC')
    touch('after 2038', '2050-01-01 00:00:00.123456789 UTC')
    touch('now', '2026-01-01 00:00:00.123456789 UTC')
    const { outcome, problems } = await restore(256)
    expect(problems.sort()).toEqual([
      'early times its time 1800-01-01T00:00:00Z became 1901-12-13T20:45:52Z, which is what the target can hold',
      'late times its time 3000-01-01T00:00:00Z became 2446-05-10T22:38:55Z, which is what the target can hold',
    ])
    expect(outcome.complete).toBe(false)
  })

  test('without nanoseconds the entries that had any are counted, directories and symlinks too', async () => {
    touch('whole', '2026-01-01 UTC')
    touch('late', '2050-01-01 00:00:00.5 UTC')
    mkdirSync(join(source.path, 'directory'))
    symlinkSync('nowhere', join(source.path, 'directory/link'))
    setTime('2026-01-01 00:00:00.5 UTC', 'directory/link')
    setTime('2026-01-01 00:00:00.5 UTC', 'directory')
    touch('fraction', '2026-01-01 00:00:00.000000001 UTC')
    const { outcome, problems } = await restore(128)
    expect(problems).toEqual([
      'late times its time 2050-01-01T00:00:00Z became 2038-01-19T03:14:07Z, which is what the target can hold',
      expect.stringMatching(/^ times the times of 3 entries are rounded/),
    ])
    expect(outcome.complete).toBe(false)
  })

  test('all threads know it', async () => {
    const names = Array.from({ length: MANY }, (_, i) => String(i))
    for (const name of names) writeFileSync(join(source.path, name), 'x')
    setTime('2026-01-01 00:00:00.5 UTC', ...names)
    expect((await restore(128)).problems).toEqual([expect.stringContaining(`the times of ${MANY} entries are rounded`)])
  })

  test('a target that holds all of them is not partial, and keeps them', async () => {
    touch('late', '2050-01-01 00:00:00.123456789 UTC')
    const { outcome } = await restore(256)
    expect(outcome.complete).toBe(true)
    expect(statSync(join(disk!.path, 'target/late'), { bigint: true }).mtimeNs % 1_000_000_000n).toBe(123_456_789n)
  })
})

describe('where the file system is made up', () => {
  /** Sets times as a file system does that keeps seconds from 1980 on. */
  async function keepSeconds(): Promise<void> {
    const { futimens } = await vi.importActual<typeof posix>('../../src/runtime/posix/metadata.ts')
    vi.mocked(posix.futimens).mockImplementation((fd, atime, mtime) => {
      const { seconds } = mtime as Timespec
      futimens(fd, atime, { seconds: Math.max(seconds, 315_532_800), nanoseconds: 0 })
    })
  }

  /** Writes one file; its problems, what was rounded, and how often the file's metadata was asked for. */
  function write(mtime: Timespec): { problems: string[]; rounded: number; asked: number } {
    const staging = Staging.create(join(base, 'target'))
    const problems: string[] = []
    const writer = new TreeWriter({
      table: new DirectoryTableBuilder().build(),
      rootFd: staging.treeFd,
      device: staging.device,
      restorer: currentRestorer(),
      roundsTimes: roundsTimes(staging.treeFd),
      report: ({ message }) => void problems.push(message),
    })
    const { uid, gid } = currentRestorer()
    vi.mocked(stat.statFd).mockClear()
    const content = { size: 0, depth: 0, items: [] }
    const entry: Entry = { name: Buffer.from('f'), type: ENTRY_FILE, mode: 0o600, uid, gid, mtime, content }
    writer.writeFile({ directory: 0, entry }, [])
    const asked = vi.mocked(stat.statFd).mock.calls.length
    writer.close()
    staging.abort()
    return { problems, rounded: writer.roundedTimes, asked }
  }

  test('a usual time on a usual target is not read back', () => {
    for (const seconds of [0, 1_700_000_000, 0x7fff_ffff])
      expect(write({ seconds, nanoseconds: 1 })).toEqual({ problems: [], rounded: 0, asked: 0 })
  })
  test('a time that lost its fraction is counted, one that is another becomes a problem', async () => {
    await keepSeconds()
    expect(write({ seconds: 1_700_000_000, nanoseconds: 0 })).toMatchObject({ problems: [], rounded: 0 })
    expect(write({ seconds: 1_700_000_000, nanoseconds: 1 })).toMatchObject({ problems: [], rounded: 1 })
    expect(write({ seconds: 1, nanoseconds: 0 })).toMatchObject({
      problems: [expect.stringContaining('1970-01-01T00:00:01Z became 1980-01-01T00:00:00Z')],
      rounded: 0,
    })
  })
  test('a time that no calendar has is told as its second', async () => {
    await keepSeconds()
    expect(write({ seconds: -9_000_000_000_000, nanoseconds: 0 }).problems).toEqual([
      expect.stringContaining('its time second -9000000000000 became 1980-01-01T00:00:00Z'),
    ])
  })
})
