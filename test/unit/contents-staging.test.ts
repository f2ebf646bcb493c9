// A target that stays while its contents are exchanged: what moves, what is kept, what the directory itself gets, and what an entry
// that cannot be moved undoes.

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { issuePermit, Permit } from '../../src/runtime/permit.ts'
import * as at from '../../src/runtime/posix/at.ts'
import { PosixError, UnsupportedError } from '../../src/runtime/posix/posix-error.ts'
import * as renaming from '../../src/runtime/posix/rename.ts'
import * as sync from '../../src/runtime/posix/sync.ts'
import { readXattrs, writeXattr } from '../../src/runtime/posix/xattr.ts'
import { ContentsStaging, interruptedExchange } from '../../src/targets/contents-staging.ts'
import type { RestoreProblem } from '../../src/targets/problem.ts'
import { entriesOf, fill, keptIn, linesOfFill, stagingsIn } from '../support/contents-target.ts'
import { asOrdinaryUser } from '../support/ordinary-user.ts'
import { SmallDisk, whyNoSmallDisk } from '../support/small-disk.ts'

vi.mock(import('../../src/runtime/posix/at.ts'), { spy: true })
vi.mock(import('../../src/runtime/posix/rename.ts'), { spy: true })
vi.mock(import('../../src/runtime/posix/sync.ts'), { spy: true })

const isRoot = process.geteuid!() === 0
const whyNoDisk = whyNoSmallDisk()
const permit = issuePermit('test', () => true)

let base: string
let target: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cairn-contents-'))
  target = join(base, 'target')
  mkdirSync(target)
})
afterEach(() => {
  vi.resetAllMocks()
  rmSync(base, { recursive: true, force: true })
})

/** A restore over a full target, whose new tree is complete. */
function replacing(): ContentsStaging {
  fill(target, 'old')
  return begun()
}

function begun(): ContentsStaging {
  const staging = ContentsStaging.create(target, { replace: true })
  fill(treeOf(staging), 'new')
  return staging
}

const treeOf = (staging: ContentsStaging): string => join(target, staging.name, 'tree')

function thrown(action: () => unknown): Error & { code: string } {
  try {
    action()
  } catch (error) {
    return error as Error & { code: string }
  }
  throw new Error('nothing was thrown')
}

/** From so many renames of entries on, the next one fails; those after it work again, or fail as well. */
function failAt(call: number, errno: number, forEver = false): void {
  let calls = 0
  const real = vi.mocked(renaming.renameNoReplace).getMockImplementation()
  expect(real).toBeUndefined()
  vi.mocked(renaming.renameNoReplace).mockImplementation((...args) => {
    calls++
    if (forEver ? calls >= call : calls === call) throw new PosixError(errno, 'renameat2', args[3])
    actual.renameNoReplace(...args)
  })
}
const actual = await vi.importActual<typeof renaming>('../../src/runtime/posix/rename.ts')

describe('an exchange', () => {
  test('leaves the directory itself, the new entries in it, and the old ones in one of its own', () => {
    const { ino } = statSync(target)
    const { path, oldPath } = replacing().finish({ permit })
    expect(path).toBe(target)
    expect([statSync(target).ino, readdirSync(base)]).toEqual([ino, ['target']])
    expect(entriesOf(target)).toEqual(linesOfFill('new'))
    expect([keptIn(target), stagingsIn(target)]).toEqual([[oldPath], []])
    expect(oldPath).toMatch(/\/target\/\.cairn-old-\d{8}T\d{6}Z$/)
    expect(entriesOf(oldPath!)).toEqual(linesOfFill('old'))
  })
  test('gives the directory the metadata of the new root, and what is kept that of before', () => {
    chmodSync(target, 0o2750)
    utimesSync(target, 1000, 1000)
    const staging = ContentsStaging.create(target, { replace: true })
    const tree = treeOf(staging)
    writeFileSync(join(tree, 'file'), '')
    setXattr(tree, 'user.cairn', 'new')
    setXattr(target, 'user.gone', 'old')
    if (isRoot) chownSync(tree, 1234, 5678)
    chmodSync(tree, 0o3511)
    utimesSync(tree, 2000, 2000)
    staging.finish()
    const stat = statSync(target)
    expect([stat.mode & 0o7777, stat.mtimeMs]).toEqual([0o3511, 2_000_000])
    if (isRoot) expect([stat.uid, stat.gid]).toEqual([1234, 5678])
    expect(readXattrs(target).map(({ name, value }) => `${name.toString()}=${value.toString()}`)).toEqual(['user.cairn=new'])
  })
  test('keeps the old entries under the metadata that their directory had', () => {
    fill(target, 'old')
    chmodSync(target, 0o751)
    utimesSync(target, 1000, 1000)
    const { oldPath } = begun().finish({ permit })
    const stat = statSync(oldPath!)
    expect([stat.mode & 0o7777, stat.mtimeMs]).toEqual([0o751, 1_000_000])
  })
  test('tells what the directory could not be given', async () => {
    chmodSync(base, 0o755)
    if (!isRoot) return
    chmodSync(target, 0o777)
    const problems: RestoreProblem[] = []
    await asOrdinaryUser([], async () => void ContentsStaging.create(target).finish({ report: (problem) => problems.push(problem) }))
    expect(problems.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['ownership', 'mode', 'times']))
    expect(problems.every(({ path }) => path.length === 0)).toBe(true)
  })
  test('of an empty directory needs no permit and keeps nothing', () => {
    const staging = ContentsStaging.create(target)
    fill(treeOf(staging), 'new')
    expect(staging.finish()).toEqual({ path: target })
    expect([entriesOf(target), keptIn(target)]).toEqual([linesOfFill('new'), []])
  })
  test('of a directory that was filled meanwhile, or with a permit for something else, is none', () => {
    for (const given of [undefined, new Permit('forged', () => true), issuePermit('test', (path) => path === base)]) {
      const staging = ContentsStaging.create(target, { replace: true })
      fill(target, 'old')
      expect(thrown(() => staging.finish(given === undefined ? {} : { permit: given })).code).toMatch(/^(target-not-empty|no-permit)$/)
      staging.abort()
      expect([entriesOf(target), keptIn(target), stagingsIn(target)]).toEqual([linesOfFill('old'), [], []])
      rmSync(target, { recursive: true })
      mkdirSync(target)
    }
  })
  test('is not begun where something is, unless that may be replaced', () => {
    fill(target, 'old')
    expect(thrown(() => ContentsStaging.create(target)).code).toBe('target-not-empty')
    expect([entriesOf(target), stagingsIn(target)]).toEqual([linesOfFill('old'), []])
  })
  test('leaves what former exchanges keep where it is', () => {
    const first = replacing().finish({ permit }).oldPath!
    const staging = ContentsStaging.create(target, { replace: true })
    fill(treeOf(staging), 'newer')
    const second = staging.finish({ permit }).oldPath!
    expect([entriesOf(first), entriesOf(second), entriesOf(target)]).toEqual(['old', 'new', 'newer'].map(linesOfFill))
    expect(keptIn(target).sort()).toEqual([first, second].sort())
  })
  test('moves away what former exchanges keep, when the snapshot has an entry of that name; and a file that only looks like it', () => {
    const first = replacing().finish({ permit }).oldPath!
    writeFileSync(join(target, '.cairn-old-20200101T000000Z'), 'a file')
    const staging = begun()
    const name = first.slice(target.length + 1)
    mkdirSync(join(treeOf(staging), name))
    writeFileSync(join(treeOf(staging), name, 'captured'), '')
    const { oldPath } = staging.finish({ permit })
    expect(readdirSync(first)).toEqual(['captured'])
    expect(oldPath).not.toBe(first)
    expect(entriesOf(join(oldPath!, name))).toEqual(linesOfFill('old'))
    expect(existsSync(join(oldPath!, '.cairn-old-20200101T000000Z'))).toBe(true)
  })
  test('takes another name than one in the snapshot for what it keeps', () => {
    vi.setSystemTime(new Date('2026-11-20T10:00:00Z'))
    try {
      const staging = replacing()
      mkdirSync(join(treeOf(staging), '.cairn-old-20261120T100000Z'))
      const { oldPath } = staging.finish({ permit })
      expect(oldPath).toMatch(/\.cairn-old-20261120T100000Z-[0-9a-f]{16}$/)
      expect(readdirSync(join(target, '.cairn-old-20261120T100000Z'))).toEqual([])
    } finally {
      vi.useRealTimers()
    }
  })
  test('works where the file system knows no rename that spares what is there, and moves over nothing there either', () => {
    vi.mocked(renaming.renameNoReplace).mockImplementation(() => {
      throw new UnsupportedError('renameat2', 'not here')
    })
    replacing().finish({ permit })
    expect(entriesOf(target)).toEqual(linesOfFill('new'))
    const staging = ContentsStaging.create(target, { replace: true })
    fill(treeOf(staging), 'newer')
    vi.mocked(renaming.renameNoReplace).mockImplementation((...[, name]) => {
      if (String(name) === 'newer-file') writeFileSync(join(target, 'newer-file'), 'a stranger')
      throw new UnsupportedError('renameat2', 'not here')
    })
    expect(thrown(() => staging.finish({ permit })).message).toContain('EEXIST')
    vi.resetAllMocks()
    staging.abort()
    expect(entriesOf(target)).toEqual([...linesOfFill('new'), 'newer-file a stranger'].sort())
  })
  test('opens no handle for good', () => {
    const before = readdirSync('/proc/self/fd').length
    replacing().finish({ permit })
    begun().abort()
    expect(readdirSync('/proc/self/fd').length).toBe(before)
  })
  test.runIf(isRoot)('works for a user who may not write some of the directories that are moved', async () => {
    fill(target, 'old')
    chmodSync(base, 0o755)
    chmodSync(join(target, 'old-directory'), 0o500)
    const owned = [target, ...readdirSync(target).map((name) => join(target, name))].filter((path) => existsSync(path))
    await asOrdinaryUser(owned, async () => {
      const staging = begun()
      chmodSync(join(treeOf(staging), 'new-directory'), 0o500)
      chmodSync(treeOf(staging), 0o555)
      const { oldPath } = staging.finish({ permit })
      expect([entriesOf(target), entriesOf(oldPath!)]).toEqual(['new', 'old'].map(linesOfFill))
    })
    expect(statSync(target).mode & 0o7777).toBe(0o555)
    expect(statSync(join(target, 'new-directory')).mode & 0o7777).toBe(0o500)
  })
})

describe('an entry that cannot be moved', () => {
  const MOVES = 2 * linesOfFill('old').filter((line) => !line.slice(0, -1).includes('/')).length

  test('whichever it is, all that was moved is moved back', () => {
    fill(target, 'old')
    for (let call = 1; call <= MOVES; call++) {
      const staging = begun()
      failAt(call, constants.errno.EPERM)
      expect(thrown(() => staging.finish({ permit }))).toMatchObject({
        code: 'target-access',
        message: expect.stringContaining('was moved back'),
      })
      staging.abort()
      vi.resetAllMocks()
      expect([entriesOf(target), keptIn(target), stagingsIn(target)], `move ${call}`).toEqual([linesOfFill('old'), [], []])
    }
  })
  test.each([
    ['EBUSY', 'mount-point'],
    ['EXDEV', 'target-access'],
    ['ENOSPC', 'target-no-space'],
    ['EIO', 'target-io'],
  ] as const)('because of %s is told as %s', (errno, code) => {
    const staging = replacing()
    failAt(2, constants.errno[errno])
    expect(thrown(() => staging.finish({ permit })).code).toBe(code)
    staging.abort()
    expect([entriesOf(target), keptIn(target)]).toEqual([linesOfFill('old'), []])
  })
  test('back either, leaves all in place and says where; the next restore brings it to its end', () => {
    fill(target, 'old')
    for (let call = 2; call <= MOVES; call++) {
      const staging = begun()
      failAt(call, constants.errno.EPERM, true)
      const error = thrown(() => staging.finish({ permit }))
      expect([error.code, error.message]).toEqual(['half-replaced', expect.stringContaining(treeOf(staging))])
      staging.abort()
      vi.resetAllMocks()
      const [kept] = keptIn(target)
      expect(error.message).toContain(kept)
      expect(interruptedExchange(target)).toMatchObject({ old: kept, tree: treeOf(staging) })
      ContentsStaging.create(target, { replace: true }).abort()
      expect([stagingsIn(target), interruptedExchange(target)]).toEqual([[], undefined])
      if (call <= MOVES / 2 + 1 && entriesOf(target).includes('old-file old')) expect(keptIn(target)).toEqual([])
      else {
        expect([entriesOf(target), entriesOf(kept!)]).toEqual(['new', 'old'].map(linesOfFill))
        rmSync(target, { recursive: true })
        mkdirSync(target)
        fill(target, 'old')
      }
      expect(entriesOf(target)).toEqual(linesOfFill('old'))
    }
  })
  test.each([
    ['back', 2, 'undone', 'new-file'],
    ['in', MOVES - 1, 'finished', 'old-file'],
  ] as const)('%s, because something has its name by now, is a STOP that says where all is, until that is gone', (_, call, end, other) => {
    const staging = replacing()
    failAt(call, constants.errno.EPERM, true)
    expect(thrown(() => staging.finish({ permit })).code).toBe('half-replaced')
    staging.abort()
    vi.resetAllMocks()
    const [kept] = keptIn(target)
    const [missing] = end === 'undone' ? readdirSync(kept!) : readdirSync(treeOf(staging))
    writeFileSync(join(target, missing!), 'a stranger')
    const stop = thrown(() => ContentsStaging.create(target, { replace: true }))
    expect([stop.code, stop.message]).toEqual(['replace-interrupted', expect.stringContaining(`cannot be ${end}: EEXIST`)])
    for (const path of [kept!, treeOf(staging)]) expect(stop.message).toContain(path)
    expect([existsSync(join(target, other)), interruptedExchange(target)?.next]).toEqual([false, end === 'undone' ? 'undo' : 'finish'])
    rmSync(join(target, missing!))
    ContentsStaging.create(target, { replace: true }).abort()
    expect(entriesOf(target)).toEqual(linesOfFill(end === 'undone' ? 'old' : 'new'))
  })
  test.runIf(isRoot && canChattr())('because it is immutable', () => {
    fill(target, 'old')
    const fixed = join(target, 'old-file')
    execFileSync('chattr', ['+i', fixed])
    try {
      const staging = begun()
      expect(thrown(() => staging.finish({ permit }))).toMatchObject({
        code: 'target-access',
        message: expect.stringContaining('old-file'),
      })
      staging.abort()
    } finally {
      execFileSync('chattr', ['-i', fixed])
    }
    expect([entriesOf(target), keptIn(target), stagingsIn(target)]).toEqual([linesOfFill('old'), [], []])
  })
  test.each<[string, (path: string) => void]>([
    ['a symlink', (path) => symlinkSync(base, path)],
    ['a directory that holds something', (path) => mkdirSync(join(path, 'theirs'), { recursive: true })],
  ])('into the directory for old entries, since %s took its place at once: nothing moves', (_, make) => {
    const staging = replacing()
    vi.mocked(at.mkdirAt).mockImplementation((_fd, name) => make(join(target, String(name))))
    expect(thrown(() => staging.finish({ permit })).code).toBe('target-tampered')
    vi.resetAllMocks()
    staging.abort()
    expect([entriesOf(target), readdirSync(base)]).toEqual([linesOfFill('old'), ['target']])
  })
  test('because something appeared under its name: nothing is moved over it', () => {
    const staging = replacing()
    vi.mocked(renaming.renameNoReplace).mockImplementation((...args) => {
      if (String(args[1]) === 'new-file') writeFileSync(join(target, 'new-file'), 'a stranger')
      actual.renameNoReplace(...args)
    })
    expect(thrown(() => staging.finish({ permit })).message).toContain('EEXIST')
    staging.abort()
    expect(entriesOf(target)).toEqual([...linesOfFill('old'), 'new-file a stranger'].sort())
  })
})

describe('a disk that fails', () => {
  test('before the moves: nothing has changed', () => {
    const staging = replacing()
    vi.mocked(sync.syncFs).mockImplementation(() => {
      throw new PosixError(constants.errno.EIO, 'syncfs')
    })
    expect(thrown(() => staging.finish({ permit })).code).toBe('target-io')
    staging.abort()
    expect([entriesOf(target), keptIn(target), stagingsIn(target)]).toEqual([linesOfFill('old'), [], []])
  })
})

describe.skipIf(whyNoDisk !== undefined)(`mounts${whyNoDisk === undefined ? '' : ` (${whyNoDisk})`}`, () => {
  let disk: SmallDisk
  beforeEach(() => {
    disk = SmallDisk.mount(target, { bytes: 4 << 20 })
  })
  afterEach(() => disk.unmount())

  test('a mount point stays one', () => {
    const { dev, ino } = statSync(target)
    const { oldPath } = replacing().finish({ permit })
    expect(statSync(target)).toMatchObject({ dev, ino })
    expect([entriesOf(target), entriesOf(oldPath!)]).toEqual(['new', 'old'].map(linesOfFill))
    expect(readdirSync(base)).toEqual(['target'])
  })
  test('what is mounted in it is a STOP, before and after the tree was built', () => {
    const staging = replacing()
    execFileSync('mount', ['--bind', base, join(target, 'old-directory')])
    try {
      for (const action of [() => staging.finish({ permit }), () => ContentsStaging.create(target, { replace: true })])
        expect(thrown(action)).toMatchObject({ code: 'mount-point', message: expect.stringContaining(join(target, 'old-directory')) })
    } finally {
      execFileSync('umount', [join(target, 'old-directory')])
    }
    staging.abort()
    expect([entriesOf(target), stagingsIn(target)]).toEqual([linesOfFill('old'), []])
  })
})

function setXattr(path: string, name: string, value: string): void {
  const fd = openSync(path, 'r')
  writeXattr(fd, Buffer.from(name), Buffer.from(value))
  closeSync(fd)
}

function canChattr(): boolean {
  const file = join(mkdtempSync(join(tmpdir(), 'cairn-chattr-')), 'file')
  writeFileSync(file, '')
  try {
    execFileSync('chattr', ['+i', file], { stdio: 'pipe' })
    execFileSync('chattr', ['-i', file], { stdio: 'pipe' })
    return true
  } catch {
    return false
  } finally {
    rmSync(join(file, '..'), { recursive: true })
  }
}
