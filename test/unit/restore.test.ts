import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  ftruncateSync,
  globSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { PlanOptions } from '../../src/operations/restore/restore.ts'
import { planRestore, type RestoreOptions, type RestoreOutcome, RestoreThreads, runRestore } from '../../src/operations/restore/restore.ts'
import { snapshotStats } from '../../src/operations/stats/stats.ts'
import type { SnapshotRecord } from '../../src/repository/journal/state.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { FileSystemStore } from '../../src/repository/store/file-system-store.ts'
import { issuePermit } from '../../src/runtime/permit.ts'
import { writeXattr } from '../../src/runtime/posix/xattr.ts'
import { commitDirectory, type RepositoryFixture, reopen, repositoryFixture } from '../support/repository-fixture.ts'
import { treeFacts } from '../support/tree-facts.ts'

const isRoot = process.geteuid!() === 0

let base: string
let source: string
let target: string
let fixture: RepositoryFixture

beforeEach(async () => {
  base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'cairn-restore-'))
  source = join(base, 'source')
  target = join(base, 'target')
  mkdirSync(source)
  fixture = await repositoryFixture(await FileSystemStore.create(join(base, 'repository')))
})

afterEach(() => rmSync(base, { recursive: true, force: true }))

async function restore(
  snapshot: SnapshotRecord,
  options: RestoreOptions & Partial<PlanOptions> = {},
  repository?: Repository,
): Promise<RestoreOutcome> {
  const opened = repository ?? (await reopen(fixture.store, fixture.identity))
  return runRestore(opened, await planRestore(opened, snapshot, { to: target, ...options }), options)
}

function commit(): Promise<SnapshotRecord> {
  return commitDirectory(fixture.repository, source)
}

/** What a restore that failed leaves beside the target. */
function leftovers(): string[] {
  return readdirSync(base).filter((name) => !['source', 'repository'].includes(name))
}

function dataPacks(): string[] {
  return globSync(join(base, 'repository/packs/data/*/*'))
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'nothing thrown'
  } catch (error) {
    return (error as { code: string }).code
  }
}

function someOfEverything(): void {
  mkdirSync(join(source, 'empty directory'))
  mkdirSync(join(source, 'a/b/c'), { recursive: true })
  writeFileSync(join(source, 'empty'), '')
  writeFileSync(join(source, 'a/text'), 'hello\n', { mode: 0o600 })
  writeFileSync(join(source, 'a/b/same'), 'hello\n', { mode: 0o755 })
  writeFileSync(join(source, 'a/b/c/big'), randomBytes(6_000_000))
  writeFileSync(Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0xff, 0xfe, 0x20])]), 'not UTF-8')
  symlinkSync('../nowhere', join(source, 'a/dangling'))
  linkSync(join(source, 'a/text'), join(source, 'a/b/c/linked'))
  linkSync(join(source, 'a/b/c/big'), join(source, 'linked-big'))
  execFileSync('mkfifo', [join(source, 'fifo')])
  sparse(join(source, 'sparse'))
  withXattrs(join(source, 'a/xattrs'))
  if (isRoot) ownedByOthers()
  utimesSync(join(source, 'a/b'), 1_500_000_000.123_456, -1_000.25)
  utimesSync(join(source, 'empty'), 0, 4_000_000_000.5)
}

function sparse(path: string): void {
  const fd = openSync(path, 'w')
  writeSync(fd, 'start', 0)
  writeSync(fd, 'middle', 5_000_000)
  ftruncateSync(fd, 12_000_000)
  closeSync(fd)
}

function withXattrs(path: string): void {
  writeFileSync(path, 'attributes')
  for (const at of [path, join(path, '..')]) {
    const fd = openSync(at, 'r')
    writeXattr(fd, 'user.short', Buffer.from('value'))
    if (at === path) writeXattr(fd, 'user.long', randomBytes(10_000))
    closeSync(fd)
  }
}

function ownedByOthers(): void {
  writeFileSync(join(source, 'setuid'), 'su')
  execFileSync('chown', ['1234:2345', join(source, 'setuid')])
  execFileSync('chmod', ['6755', join(source, 'setuid')])
  execFileSync('mknod', [join(source, 'null'), 'c', '1', '3'])
  symlinkSync('setuid', join(source, 'symlink'))
  execFileSync('chown', ['-h', '77:78', join(source, 'symlink')])
}

describe('a whole snapshot', () => {
  test('comes back as it was: content, holes, links, owners, modes, xattrs and times', async () => {
    someOfEverything()
    const outcome = await restore(await commit())
    expect(outcome.problems).toEqual([])
    expect(outcome.complete).toBe(true)
    expect(treeFacts(target)).toEqual(treeFacts(source))
    expect(statSync(join(target, 'sparse')).blocks).toBeLessThan(1000)
    expect(leftovers()).toEqual(['target'])
  })

  test('counts as commit, ls and stats do: regular files, each name once, holes included', async () => {
    someOfEverything()
    const snapshot = await commit()
    const { statistics, root } = await fixture.repository.readManifest(snapshot)
    const { files, rawBytes: bytes } = await snapshotStats(fixture.repository, root)
    const plan = await planRestore(fixture.repository, snapshot, { to: target })
    const outcome = await runRestore(fixture.repository, plan)
    expect([statistics.files, statistics.bytes, statistics.newFiles]).toEqual([files, bytes, files])
    expect([plan.files, plan.bytes]).toEqual([files, bytes])
    expect([outcome.files, outcome.bytes]).toEqual([files, bytes])
  })

  test('comes back the same on many threads', async () => {
    someOfEverything()
    for (let i = 0; i < 1500; i++) {
      mkdirSync(join(source, `many/${i % 37}`), { recursive: true })
      writeFileSync(join(source, `many/${i % 37}/${i}`), randomBytes(i * 7))
    }
    const progress: number[] = []
    const outcome = await restore(await commit(), { threadCount: 3, onProgress: ({ files }) => progress.push(files) })
    expect(outcome.problems).toEqual([])
    expect(treeFacts(target)).toEqual(treeFacts(source))
    expect(progress.at(-1)).toBe(outcome.files)
  })

  test('comes back with threads that were started while it was planned, once it was clear that they are worth it', async () => {
    for (let i = 0; i < 600; i++) writeFileSync(join(source, `${i}`), `file ${i}`)
    const threads = new RestoreThreads(2)
    let started = 0
    const onMany = (): void => {
      started++
      threads.start()
    }
    const outcome = await restore(await commit(), { threads, onMany })
    expect([started, outcome.files, outcome.problems]).toEqual([1, 600, []])
    expect(treeFacts(target)).toEqual(treeFacts(source))
    await threads.close()
  })

  test('starts no threads for a few files', async () => {
    someOfEverything()
    const onMany = vi.fn<() => void>()
    await restore(await commit(), { onMany })
    expect(onMany).not.toHaveBeenCalled()
  })

  test('an empty snapshot is an empty directory', async () => {
    const outcome = await restore(await commit())
    expect([outcome.files, outcome.directories, outcome.bytes]).toEqual([0, 0, 0])
    expect(treeFacts(target)).toEqual(treeFacts(source))
  })

  test('a plan counts and changes nothing', async () => {
    someOfEverything()
    const repository = await reopen(fixture.store, fixture.identity)
    const plan = await planRestore(repository, await commit(), { to: target })
    expect(plan).toMatchObject({ target: 'absent', directories: 4, links: 2, others: isRoot ? 4 : 2, problems: [] })
    expect(plan.bytes).toBeGreaterThan(18_000_000)
    expect(leftovers()).toEqual([])
  })

  test('one plan runs twice', async () => {
    someOfEverything()
    const plan = await planRestore(fixture.repository, await commit(), { to: target })
    await runRestore(fixture.repository, plan)
    rmSync(target, { recursive: true })
    await runRestore(fixture.repository, plan)
    expect(treeFacts(target)).toEqual(treeFacts(source))
  })
})

describe('a part of a snapshot', () => {
  beforeEach(someOfEverything)
  const names = (): string[] => (readdirSync(target, { recursive: true }) as string[]).sort()

  test('a directory lands as the target itself', async () => {
    await restore(await commit(), { path: [Buffer.from('a'), Buffer.from('b')] })
    expect(treeFacts(target).length).toBe(treeFacts(join(source, 'a/b')).length)
    expect(readFileSync(join(target, 'c/linked'), 'utf8')).toBe('hello\n')
    expect(statSync(target).mtimeMs).toBe(statSync(join(source, 'a/b')).mtimeMs)
  })
  test('a file lands in the target under its name', async () => {
    await restore(await commit(), { path: [Buffer.from('a'), Buffer.from('text')] })
    expect(names()).toEqual(['text'])
  })
  test('patterns choose, and the directories above come along', async () => {
    await restore(await commit(), { include: ['big', '!linked-big', 'empty directory/'] })
    expect(names()).toEqual(['a', 'a/b', 'a/b/c', 'a/b/c/big', 'empty directory'])
  })
  test('patterns that match nothing are an error, and make nothing', async () => {
    expect(await codeOf(restore(await commit(), { include: ['*.nope'] }))).toBe('nothing-included')
    expect(leftovers()).toEqual([])
  })
  test('a path that does not exist', async () => {
    expect(await codeOf(restore(await commit(), { path: [Buffer.from('a'), Buffer.from('nothing')] }))).toBe('path')
    expect(await codeOf(restore(await commit(), { path: [Buffer.from('empty'), Buffer.from('below a file')] }))).toBe('path')
  })
})

describe('the target', () => {
  test('that is not empty is left alone', async () => {
    mkdirSync(join(target, 'mine'), { recursive: true })
    expect(await codeOf(restore(await commit()))).toBe('target-not-empty')
    expect(leftovers()).toEqual(['target'])
  })
  test('is exchanged under a permit, and the old tree stays', async () => {
    writeFileSync(join(source, 'new'), 'new')
    mkdirSync(target)
    writeFileSync(join(target, 'old'), 'old')
    const { oldPath } = await restore(await commit(), { replace: issuePermit('test', (path) => path === target) })
    expect(readdirSync(target)).toEqual(['new'])
    expect(readdirSync(oldPath!)).toEqual(['old'])
  })
  test.runIf(isRoot)('that has no room for it is left as it was', async () => {
    someOfEverything()
    const snapshot = await commit()
    const small = join(base, 'small')
    mkdirSync(small)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'none', small])
    try {
      const refused = {
        code: 'target-no-space',
        message: expect.stringMatching(/ it needs more than the 3\.0 MiB that are free\. The snapshot holds [\d.]+ MiB in all\.$/),
      }
      await expect(restore(snapshot, { to: join(small, 'target') })).rejects.toMatchObject(refused)
      const part = restore(snapshot, { to: join(small, 'target'), include: ['*'] })
      await expect(part).rejects.toThrow(/ that are free\.$/)
      expect(readdirSync(small)).toEqual([])
    } finally {
      execFileSync('umount', [small])
      rmSync(small, { recursive: true })
    }
  })
  test('stays as it was when the restore is cancelled', async () => {
    someOfEverything()
    const controller = new AbortController()
    const onProgress = (): void => controller.abort()
    expect(await codeOf(restore(await commit(), { signal: controller.signal, onProgress }))).toBe('cancelled')
    expect(leftovers()).toEqual([])
  })
})

describe('damage', () => {
  async function damaged(damage: (pack: string) => void): Promise<SnapshotRecord> {
    someOfEverything()
    const snapshot = await commit()
    for (const pack of dataPacks()) damage(pack)
    return snapshot
  }
  function flip(pack: string): void {
    execFileSync('chmod', ['u+w', pack])
    const bytes = readFileSync(pack)
    for (let at = 1300; at < bytes.length; at += 1000) bytes[at]! ^= 1
    writeFileSync(pack, bytes)
  }
  const damages: readonly (readonly [string, (pack: string) => void])[] = [
    ['flipped bits', flip],
    ['a missing pack', (pack) => rmSync(pack)],
    ['a pack cut short', (pack) => truncateSync(pack, 5000)],
    ['an empty pack', (pack) => truncateSync(pack, 0)],
    ['the header of another pack', (pack) => flipHeader(pack)],
  ]
  test.each(damages)('%s fails the restore, and nothing is put into place', async (_, damage) => {
    const snapshot = await damaged(damage)
    expect(await codeOf(restore(snapshot))).toBe('restore-damaged')
    expect(leftovers()).toEqual([])
  })
  test.each(damages)('%s: what is whole comes back where the restore keeps going', async (_, damage) => {
    const snapshot = await damaged(damage)
    const outcome = await restore(snapshot, { keepGoing: true })
    expect(outcome.complete).toBe(false)
    expect(new Set(outcome.problems.map(({ kind }) => kind))).toEqual(new Set(['damaged', 'link']))
    const left = readdirSync(target, { recursive: true }) as string[]
    expect(left).toContain('empty directory')
    expect(left).not.toContain('a/b/c/big')
    expect(left).not.toContain('linked-big')
  })
  test('one bad block costs only the files that lie in it', async () => {
    writeFileSync(join(source, 'big'), randomBytes(12_000_000))
    writeFileSync(join(source, 'small'), 'small')
    const snapshot = await commit()
    const pack = dataPacks().reduce((largest, other) => (statSync(other).size > statSync(largest).size ? other : largest))
    execFileSync('chmod', ['u+w', pack])
    const fd = openSync(pack, 'r+')
    writeSync(fd, 'xxxx', 1_000_000)
    closeSync(fd)
    const outcome = await restore(snapshot, { keepGoing: true })
    expect(outcome.problems.map(({ path, kind }) => [path.toString(), kind])).toEqual([['big', 'damaged']])
    expect(readdirSync(target)).toEqual(['small'])
  })
  test('an index that is gone is made again from the packs', async () => {
    someOfEverything()
    const snapshot = await commit()
    for (const segment of globSync(join(base, 'repository/index/*'))) rmSync(segment)
    const outcome = await restore(snapshot)
    expect(outcome.complete).toBe(true)
    expect(treeFacts(target)).toEqual(treeFacts(source))
  })
  test('a damaged tree fails the plan, or leaves out what is below it', async () => {
    someOfEverything()
    const snapshot = await commit()
    for (const pack of globSync(join(base, 'repository/packs/tree/*/*'))) flip(pack)
    expect(await codeOf(restore(snapshot))).not.toBe('nothing thrown')
    const outcome = await restore(snapshot, { keepGoing: true })
    expect(outcome.problems[0]?.kind).toBe('damaged')
    expect(readdirSync(target)).toEqual([])
  })
})

function flipHeader(pack: string): void {
  execFileSync('chmod', ['u+w', pack])
  const fd = openSync(pack, 'r+')
  writeSync(fd, 'CAIRNPAK', 0)
  writeSync(fd, 'another', 100)
  closeSync(fd)
}
