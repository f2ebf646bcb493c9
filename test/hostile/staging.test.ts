// Hostile neighbours around the staging directory and the swap.

import { execFileSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { issuePermit, Permit } from '../../src/runtime/permit.ts'
import { tryLock } from '../../src/runtime/posix/lock.ts'
import { Staging } from '../../src/targets/staging.ts'
import { bench, codeOf, describeTree, entry, file, HELLO, place, watchCanary } from './hostile-fixture.ts'

const isRoot = process.geteuid!() === 0

watchCanary('hostile-staging')

const permit = (): Permit => issuePermit('test', (path) => path === place().target)

describe('what stands at the target', () => {
  test('a symlink to the canary', () => {
    symlinkSync(place().canary, place().target)
    expect(codeOf(() => Staging.create(place().target))).toBe('target-not-a-directory')
    expect(codeOf(() => Staging.create(place().target, { replace: true }))).toBe('target-not-a-directory')
  })
  test('a dangling symlink', () => {
    symlinkSync(join(place().canary, 'new'), place().target)
    expect(codeOf(() => Staging.create(place().target))).toBe('target-not-a-directory')
  })
  test('a file', () => {
    writeFileSync(place().target, 'mine')
    expect(codeOf(() => Staging.create(place().target, { replace: true }))).toBe('target-not-a-directory')
  })
  test('a fifo', () => {
    execFileSync('mkfifo', [place().target])
    expect(codeOf(() => Staging.create(place().target))).toBe('target-not-a-directory')
  })
  test('a directory with something in it', () => {
    mkdirSync(join(place().target, 'mine'), { recursive: true })
    expect(codeOf(() => Staging.create(place().target))).toBe('target-not-empty')
    expect(readdirSync(place().base).sort()).toEqual(['canary', 'target'])
  })
  test('the root of the file system', () => {
    expect(codeOf(() => Staging.create('/', { replace: true }))).toBe('mount-point')
  })
  test.runIf(isRoot && canMount())('a mount point', () => {
    mkdirSync(place().target)
    execFileSync('mount', ['-t', 'tmpfs', 'none', place().target])
    try {
      expect(codeOf(() => Staging.create(place().target, { replace: true }))).toBe('mount-point')
    } finally {
      execFileSync('umount', [place().target])
    }
  })
  test.runIf(isRoot && canMount())('a bind mount of the same file system', () => {
    mkdirSync(place().target)
    execFileSync('mount', ['--bind', place().canary, place().target])
    try {
      expect(codeOf(() => Staging.create(place().target, { replace: true }))).toBe('mount-point')
    } finally {
      execFileSync('umount', [place().target])
    }
  })
  test('a parent that is a symlink is the user’s own way; swapping it later leads nowhere else', () => {
    const real = join(place().base, 'real')
    const way = join(place().base, 'way')
    mkdirSync(real)
    symlinkSync('real', way)
    const staging = Staging.create(join(way, 'out'))
    rmSync(way)
    symlinkSync(place().canary, way)
    staging.finish()
    expect(readdirSync(real)).toEqual(['out'])
  })
  test('a parent that does not exist', () => {
    expect(codeOf(() => Staging.create(join(place().base, 'no', 'where')))).toBe('target-parent')
  })
})

describe('what appears at the target during the restore', () => {
  const cases: readonly (readonly [string, (path: string) => void, string])[] = [
    ['a symlink to the canary', (path) => symlinkSync(place().canary, path), 'target-not-a-directory'],
    ['a file', (path) => writeFileSync(path, 'mine'), 'target-not-a-directory'],
    ['a directory with something in it', (path) => mkdirSync(join(path, 'mine'), { recursive: true }), 'target-not-empty'],
  ]
  test.each(cases)('%s is not overwritten', (_, appear, code) => {
    const { staging, writer } = bench()
    writer.writeFile({ directory: 0, entry: file('new') }, HELLO)
    appear(place().target)
    const before = describeTree(place().target)
    expect(codeOf(() => staging.finish())).toBe(code)
    staging.abort()
    expect(describeTree(place().target)).toBe(before)
    expect(readdirSync(place().base).sort()).toEqual(['canary', 'target'])
  })
  test('an empty directory is replaced, as it may be', () => {
    const { staging, writer } = bench()
    writer.writeFile({ directory: 0, entry: file('new') }, HELLO)
    mkdirSync(place().target)
    staging.finish()
    expect(readdirSync(place().target)).toEqual(['new'])
  })
  test('an empty directory that is filled meanwhile is not', () => {
    mkdirSync(place().target)
    const { staging } = bench()
    writeFileSync(join(place().target, 'mine'), '')
    expect(codeOf(() => staging.finish())).toBe('target-not-empty')
    staging.abort()
    expect(readdirSync(place().target)).toEqual(['mine'])
  })
})

describe('replacement', () => {
  function full(): Staging {
    mkdirSync(place().target)
    writeFileSync(join(place().target, 'old'), 'old')
    return Staging.create(place().target, { replace: true })
  }
  test('without a permit nothing is replaced', () => {
    const staging = full()
    expect(codeOf(() => staging.finish())).toBe('target-not-empty')
    staging.abort()
  })
  test('a permit for another path is none', () => {
    const staging = full()
    const other = issuePermit('test', (path) => path === place().canary)
    expect(codeOf(() => staging.finish({ permit: other }))).toBe('no-permit')
    staging.abort()
    expect(readdirSync(place().target)).toEqual(['old'])
  })
  test('a permit that nobody issued is none', () => {
    const staging = full()
    expect(codeOf(() => staging.finish({ permit: new Permit('forged', () => true) }))).toBe('no-permit')
    staging.abort()
  })
  test('the old tree stays beside the new one', () => {
    const staging = full()
    const { oldPath } = staging.finish({ permit: permit() })
    expect(readdirSync(place().target)).toEqual([])
    expect(basename(oldPath!)).toMatch(/^target\.cairn-old-\d{8}T\d{6}Z$/)
    expect(readFileSync(join(oldPath!, 'old'), 'utf8')).toBe('old')
  })
  test('the name of the old tree is taken by a symlink to the canary: another name is found', () => {
    const staging = full()
    const first = staging.finish({ permit: permit() }).oldPath!
    renameSync(first, join(place().base, 'aside'))
    for (let second = 0; second < 3; second++) symlinkSync(place().canary, nextSecond(first, second))
    writeFileSync(join(place().target, 'again'), '')
    const { oldPath } = Staging.create(place().target, { replace: true }).finish({ permit: permit() })
    expect(lstatSync(oldPath!).isDirectory()).toBe(true)
  })
  test('a target swapped for a symlink just before the exchange is not exchanged', () => {
    const staging = full()
    renameSync(place().target, join(place().base, 'aside'))
    symlinkSync(place().canary, place().target)
    expect(codeOf(() => staging.finish({ permit: permit() }))).toBe('target-not-a-directory')
    staging.abort()
  })
})

describe('names that look like a staging directory', () => {
  const NAME = `.cairn-restore-${'a'.repeat(32)}`
  const path = (): string => join(place().base, NAME)
  const mark = (target: string, inode: string): string =>
    JSON.stringify({ magic: 'cairn-restore-staging-1', target, tree: { device: statSync(place().base).dev, inode }, state: 'writing' })
  function survives(): void {
    const before = describeTree(path())
    Staging.create(place().target).abort()
    expect(describeTree(path())).toBe(before)
  }
  test('a symlink to the canary', () => {
    symlinkSync(place().canary, path())
    survives()
  })
  test('a directory without a marker', () => {
    mkdirSync(join(path(), 'tree', 'data'), { recursive: true })
    survives()
  })
  test('a directory whose marker is a symlink to the canary', () => {
    mkdirSync(join(path(), 'tree'), { recursive: true })
    symlinkSync(join(place().canary, 'file'), join(path(), 'marker'))
    survives()
  })
  test('a directory whose marker is a fifo', () => {
    mkdirSync(join(path(), 'tree'), { recursive: true })
    execFileSync('mkfifo', [join(path(), 'marker')])
    survives()
  })
  test.each(['', '{', 'null', '[]', '{"magic":"other"}', '{"magic":"cairn-restore-staging-1"}'])('a marker that says %j', (text) => {
    mkdirSync(join(path(), 'tree'), { recursive: true })
    writeFileSync(join(path(), 'marker'), text)
    survives()
  })
  test('a restore into another target', () => {
    mkdirSync(join(path(), 'tree'), { recursive: true })
    writeFileSync(join(path(), 'marker'), mark('elsewhere', String(statSync(join(path(), 'tree')).ino)))
    survives()
  })
  // LESSONS: temp files recognised by a part of their name, so that live ones were deleted: whole names only.
  test('a longer or shorter name', () => {
    for (const name of [`${NAME}0`, NAME.slice(0, -1), `${NAME}.bak`, `x${NAME}`]) mkdirSync(join(place().base, name))
    Staging.create(place().target).abort()
    expect(readdirSync(place().base)).toHaveLength(5)
  })
  test.runIf(isRoot)('a directory of another user', () => {
    mkdirSync(join(path(), 'tree'), { recursive: true })
    writeFileSync(join(path(), 'marker'), mark('target', String(statSync(join(path(), 'tree')).ino)))
    execFileSync('chown', ['12345', path()])
    survives()
  })
  test('a marker that names another tree: it may be the only copy, so the restore stops', () => {
    mkdirSync(join(path(), 'tree', 'data'), { recursive: true })
    writeFileSync(join(path(), 'marker'), mark('target', '1'))
    const before = describeTree(join(path(), 'tree'))
    expect(codeOf(() => Staging.create(place().target))).toBe('staging-unknown')
    expect(describeTree(join(path(), 'tree'))).toBe(before)
  })
  test('a restore that still runs', () => {
    mkdirSync(join(path(), 'tree'), { recursive: true })
    writeFileSync(join(path(), 'marker'), mark('target', String(statSync(join(path(), 'tree')).ino)))
    const fd = openSync(join(path(), 'marker'), 'r')
    expect(tryLock(fd, 'exclusive')).toBe(true)
    expect(codeOf(() => Staging.create(place().target))).toBe('restore-in-progress')
    closeSync(fd)
    Staging.create(place().target).abort()
    expect(existsSync(path())).toBe(false)
  })
  test('the tree of a killed restore is removed, symlinks in it are not followed', () => {
    mkdirSync(join(path(), 'tree', 'deep'), { recursive: true })
    symlinkSync(place().canary, join(path(), 'tree', 'deep', 'out'))
    writeFileSync(join(path(), 'marker'), mark('target', String(statSync(join(path(), 'tree')).ino)))
    Staging.create(place().target).abort()
    expect(existsSync(path())).toBe(false)
  })
})

describe('what the parent directory hands down', () => {
  test.runIf(isRoot)('a setgid parent gives neither its group nor its bit to the restored tree', () => {
    const parent = join(place().base, 'shared')
    mkdirSync(parent)
    execFileSync('chgrp', ['12345', parent])
    execFileSync('chmod', ['2777', parent])
    const staging = Staging.create(join(parent, 'out'))
    const { gid, mode } = statSync(join(parent, staging.name))
    expect([gid, mode & 0o7777]).toEqual([process.getegid!(), 0o700])
    staging.finish()
    const out = statSync(join(parent, 'out'))
    expect([out.gid, out.mode & 0o7777]).toEqual([process.getegid!(), 0o700])
  })
  test.runIf(isRoot)('a default ACL of the parent does not open restored files to others', () => {
    const parent = join(place().base, 'acl')
    mkdirSync(parent)
    setDefaultAcl(parent)
    const staging = Staging.create(join(parent, 'out'))
    const tree = join(parent, staging.name, 'tree')
    writeFileSync(join(tree, 'file'), '', { mode: 0o600 })
    expect(describeTree(tree)).not.toContain('posix_acl')
    staging.abort()
  })
})

describe('without being root', () => {
  test.runIf(isRoot)('devices are a problem, a read-only root directory is no obstacle, and what root left is no way out', () => {
    const { base } = place()
    process.setegid!(65534)
    process.seteuid!(65534)
    try {
      const { staging, writer, problems } = bench()
      expect(writer.createSpecial({ directory: 0, entry: entry('null', 6, { device: { major: 1, minor: 3 } }) })).toBe(false)
      expect(problems[0]?.kind).toBe('unsupported')
      const xattrs = [{ name: Buffer.from('user.cairn'), value: Buffer.from('x') }]
      writer.writeFile({ directory: 0, entry: file('locked', { mode: 0o444, uid: 0, xattrs }) }, HELLO)
      const root = { ...entry('', 2), mode: 0o555, content: { size: 0, depth: 0, items: [] } }
      writer.finishDirectory(0, root)
      expect(problems).toHaveLength(1)
      expect(writer.keptOwners).toBe(1)
      staging.finish()
    } finally {
      process.seteuid!(0)
      process.setegid!(0)
    }
    expect(statSync(join(base, 'target')).mode & 0o7777).toBe(0o555)
    expect(statSync(join(base, 'target', 'locked')).mode & 0o7777).toBe(0o444)
    expect(describeTree(join(base, 'target', 'locked'))).toContain('user.cairn=78')
  })
  test.runIf(isRoot)('a half-written tree with locked directories is removed', () => {
    const { base } = place()
    process.setegid!(65534)
    process.seteuid!(65534)
    try {
      const { staging, writer } = bench([
        [0, 'a'],
        [1, 'b'],
      ])
      writer.writeFile({ directory: 2, entry: file('f') }, HELLO)
      const locked = { ...entry('x', 2), mode: 0, content: { size: 0, depth: 0, items: [] } }
      writer.finishDirectory(2, locked)
      writer.finishDirectory(1, locked)
      writer.close()
      staging.abort()
    } finally {
      process.seteuid!(0)
      process.setegid!(0)
    }
    expect(readdirSync(base)).toEqual(['canary'])
  })
})

function canMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function nextSecond(path: string, seconds: number): string {
  const at = path.lastIndexOf('-') + 1
  const text = path.slice(at)
  const iso = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 11)}:${text.slice(11, 13)}:${text.slice(13)}`
  const stamp = new Date(Date.parse(iso) + seconds * 1000).toISOString().replace(/\.\d+Z/, 'Z')
  return path.slice(0, at) + stamp.replace(/[-:]/g, '')
}

/** user::rwx, user 12345:rwx, group::rwx, mask::rwx, other::rwx, as the kernel stores them. */
function setDefaultAcl(path: string): void {
  const entries = [
    [0x01, 7, 0xffff_ffff],
    [0x02, 7, 12_345],
    [0x04, 7, 0xffff_ffff],
    [0x10, 7, 0xffff_ffff],
    [0x20, 7, 0xffff_ffff],
  ] as const
  const acl = Buffer.alloc(4 + 8 * entries.length)
  acl.writeUInt32LE(2, 0)
  entries.forEach(([tag, permissions, id], i) => {
    acl.writeUInt16LE(tag, 4 + 8 * i)
    acl.writeUInt16LE(permissions, 6 + 8 * i)
    acl.writeUInt32LE(id, 8 + 8 * i)
  })
  execFileSync('python3', [
    '-c',
    'import os,sys; os.setxattr(sys.argv[1], "system.posix_acl_default", bytes.fromhex(sys.argv[2]))',
    path,
    acl.toString('hex'),
  ])
}
