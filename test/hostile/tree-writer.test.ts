// Hostile trees and hostile neighbours against the writer of a staging tree. LESSONS: CVE-2026-62268 (borg), CVE-2026-23745 and
// CVE-2026-26960 (npm tar), CVE-2021-21300 and CVE-2024-32021 (git).

import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ENTRY_BLOCK, ENTRY_CHARACTER, ENTRY_FIFO, ENTRY_SOCKET, ENTRY_SYMLINK } from '../../format/tree.ts'
import { mkdirAt, openDirNoFollow } from '../../src/runtime/posix/at.ts'
import { readNames } from '../../src/runtime/posix/directory.ts'
import { bench, codeOf, describeTree, entry, file, HELLO, place, watchCanary } from './hostile-fixture.ts'

const isRoot = process.geteuid!() === 0

watchCanary('hostile-tree-writer')

describe('names that lead elsewhere', () => {
  const names: readonly (readonly [string, Uint8Array])[] = [
    ['..', Buffer.from('..')],
    ['.', Buffer.from('.')],
    ['nothing', Buffer.from('')],
    ['an absolute path', Buffer.from('/etc/passwd')],
    ['a path', Buffer.from('../canary/file')],
    ['a trailing slash', Buffer.from('file/')],
    ['NUL', Buffer.from('file\0.txt')],
    ['256 bytes', Buffer.alloc(256, 'a')],
  ]
  test.each(names)('%s as the name of a file is refused', (_, name) => {
    const { writer, staging } = bench()
    expect(codeOf(() => writer.writeFile({ directory: 0, entry: file(name) }, HELLO))).toBe('entry-name')
    staging.abort()
  })
  test.each(names)('%s as the name of a directory is refused', (_, name) => {
    expect(codeOf(() => bench([[0, name]]))).toBe('entry-name')
  })
  test.each(names)('%s as the name of a symlink is refused', (_, name) => {
    const { writer } = bench()
    const link = { ...entry('x', ENTRY_SYMLINK, { target: Buffer.from('y') }), name }
    expect(codeOf(() => writer.createSpecial({ directory: 0, entry: link }))).toBe('entry-name')
  })
  test.each(names)('%s as a further name of a file is refused', (_, name) => {
    const { writer } = bench()
    const source = { directory: 0, entry: file('source', { link: Buffer.alloc(8) }) }
    writer.writeFile(source, HELLO)
    expect(codeOf(() => writer.link({ ...source, inode: writer.inodeOf(source) }, { directory: 0, entry: file(name) }))).toBe('entry-name')
  })
})

describe('names that are taken', () => {
  test('a duplicate or case collision never overwrites: the first one stays, the second is a problem', () => {
    const { writer, tree, problems } = bench()
    expect(writer.writeFile({ directory: 0, entry: file('README') }, HELLO)).toBe(true)
    expect(writer.writeFile({ directory: 0, entry: file('README') }, [{ at: 0, bytes: Buffer.from('other') }])).toBe(false)
    expect(readFileSync(join(tree, 'README'), 'utf8')).toBe('hello')
    expect(problems.map(({ kind, path }) => [kind, path.toString()])).toEqual([['collision', 'README']])
  })
  test('a symlink to the canary in the way of a file is not written through', () => {
    const { writer, tree, problems } = bench()
    symlinkSync(join(place().canary, 'file'), join(tree, 'a'))
    expect(writer.writeFile({ directory: 0, entry: file('a') }, HELLO)).toBe(false)
    expect(writer.allocateFile({ directory: 0, entry: file('a') }, 0)).toBeUndefined()
    expect(problems.map(({ kind }) => kind)).toEqual(['collision', 'collision'])
  })
  test('a dangling symlink in the way of a file does not create what it points to', () => {
    const { writer, tree } = bench()
    symlinkSync(join(place().canary, 'new'), join(tree, 'a'))
    expect(writer.writeFile({ directory: 0, entry: file('a') }, HELLO)).toBe(false)
    expect(existsSync(join(place().canary, 'new'))).toBe(false)
  })
  test('a symlink and a directory of one name (the tar trick): nothing below goes through the symlink', () => {
    const { writer, problems, tree } = bench([[0, 'real']])
    const target = Buffer.from(place().canary)
    expect(writer.createSpecial({ directory: 0, entry: entry('real', ENTRY_SYMLINK, { target }) })).toBe(false)
    expect(problems[0]?.kind).toBe('collision')
    expect(writer.writeFile({ directory: 1, entry: file('file') }, HELLO)).toBe(true)
    expect(readFileSync(join(tree, 'real', 'file'), 'utf8')).toBe('hello')
  })
  test('a directory whose name is taken by a symlink is left out with all below it', () => {
    const { writer, problems, table, tree } = bench([[0, 'before']])
    rmdirSync(join(tree, 'before'))
    symlinkSync(place().canary, join(tree, 'before'))
    expect(writer.makeDirectory(1)).toBe(false)
    expect(table.isLeftOut(1)).toBe(true)
    expect(writer.writeFile({ directory: 1, entry: file('file') }, HELLO)).toBe(false)
    expect(writer.leftOut).toBe(1)
    expect(problems).toHaveLength(1)
  })
  test('a fifo in the way of a file does not hold the restore up', () => {
    const { writer, tree, problems } = bench()
    execFileSync('mkfifo', [join(tree, 'a')])
    expect(writer.writeFile({ directory: 0, entry: file('a') }, HELLO)).toBe(false)
    expect(problems[0]?.kind).toBe('collision')
  })
  test('a file and a directory of one name', () => {
    const { writer, problems, tree } = bench([[0, 'a']])
    expect(writer.writeFile({ directory: 0, entry: file('a') }, HELLO)).toBe(false)
    expect(problems[0]?.kind).toBe('collision')
    expect(statSync(join(tree, 'a')).isDirectory()).toBe(true)
  })
})

describe('parents that are swapped', () => {
  function swapped(replace: (path: string) => void): string {
    const { writer, tree } = bench([
      [0, 'parent'],
      [1, 'child'],
    ])
    rmSync(join(tree, 'parent'), { recursive: true })
    replace(join(tree, 'parent'))
    return codeOf(() => writer.writeFile({ directory: 2, entry: file('file') }, HELLO))
  }
  test('a parent swapped for a symlink', () => {
    expect(swapped((path) => symlinkSync(place().canary, path))).toBe('target-tampered')
  })
  test('a parent swapped for a file', () => {
    expect(swapped((path) => writeFileSync(path, ''))).toBe('target-tampered')
  })
  test('a parent swapped for another directory that has the same child', () => {
    expect(swapped((path) => mkdirSync(join(path, 'child'), { recursive: true }))).toBe('target-tampered')
  })
  test('a parent that vanished', () => {
    expect(swapped(() => undefined)).toBe('target-tampered')
  })
  test('a directory swapped before its metadata is set', () => {
    const { writer, tree } = bench([[0, 'parent']])
    rmdirSync(join(tree, 'parent'))
    symlinkSync(place().canary, join(tree, 'parent'))
    const directory = { ...entry('parent', 2), mode: 0o777, content: { size: 0, depth: 0, items: [] } }
    expect(codeOf(() => writer.finishDirectory(1, directory))).toBe('target-tampered')
  })
})

describe('files that are swapped between their pieces', () => {
  function allocated(): { swap: (replace: (path: string) => void) => string[] } {
    const { writer, tree } = bench()
    const allocatedFile = { directory: 0, entry: file('big') }
    const inode = writer.allocateFile(allocatedFile, 5)!
    return {
      swap: (replace) => {
        unlinkSync(join(tree, 'big'))
        replace(join(tree, 'big'))
        return [
          codeOf(() => writer.writePieces({ ...allocatedFile, inode }, HELLO)),
          codeOf(() => writer.finishFile({ ...allocatedFile, inode })),
        ]
      },
    }
  }
  const refused = ['target-tampered', 'target-tampered']
  test('by a symlink', () => {
    expect(allocated().swap((path) => symlinkSync(join(place().canary, 'file'), path))).toEqual(refused)
  })
  test('by a hard link to a file outside', () => {
    const outside = join(place().base, 'outside')
    writeFileSync(outside, 'original')
    expect(allocated().swap((path) => linkSync(outside, path))).toEqual(refused)
    expect(readFileSync(outside, 'utf8')).toBe('original')
  })
  test('by a fifo, which would wait for ever', () => {
    expect(allocated().swap((path) => execFileSync('mkfifo', [path]))).toEqual(refused)
  })
  test('by a directory', () => {
    expect(allocated().swap((path) => mkdirSync(path))).toEqual(refused)
  })
})

describe('hard links', () => {
  test('a group across subtrees is one file', () => {
    const { writer, tree } = bench([
      [0, 'a'],
      [0, 'b'],
    ])
    const source = { directory: 1, entry: file('one', { link: Buffer.alloc(8, 1) }) }
    writer.writeFile(source, HELLO)
    expect(writer.link({ ...source, inode: writer.inodeOf(source) }, { directory: 2, entry: file('two') })).toBe(true)
    expect(statSync(join(tree, 'b', 'two')).ino).toBe(statSync(join(tree, 'a', 'one')).ino)
  })
  test('a source swapped for a hard link to a file outside does not come in', () => {
    const outside = join(place().base, 'outside')
    writeFileSync(outside, 'secret')
    const { writer, tree } = bench()
    const source = { directory: 0, entry: file('one') }
    writer.writeFile(source, HELLO)
    const inode = writer.inodeOf(source)
    unlinkSync(join(tree, 'one'))
    linkSync(outside, join(tree, 'one'))
    expect(codeOf(() => writer.link({ ...source, inode }, { directory: 0, entry: file('two') }))).toBe('target-tampered')
    expect(existsSync(join(tree, 'two'))).toBe(false)
  })
  test('a source swapped for a symlink is not followed', () => {
    const { writer, tree } = bench()
    const source = { directory: 0, entry: file('one') }
    writer.writeFile(source, HELLO)
    const inode = writer.inodeOf(source)
    unlinkSync(join(tree, 'one'))
    symlinkSync(join(place().canary, 'file'), join(tree, 'one'))
    expect(codeOf(() => writer.link({ ...source, inode }, { directory: 0, entry: file('two') }))).toBe('target-tampered')
  })
  test('the second name of a group is taken: a collision, no overwriting', () => {
    const { writer, problems, tree } = bench()
    const source = { directory: 0, entry: file('one') }
    writer.writeFile(source, HELLO)
    writer.writeFile({ directory: 0, entry: file('two') }, [{ at: 0, bytes: Buffer.from('other') }])
    expect(writer.link({ ...source, inode: writer.inodeOf(source) }, { directory: 0, entry: file('two') })).toBe(false)
    expect(problems[0]?.kind).toBe('collision')
    expect(readFileSync(join(tree, 'two'), 'utf8')).toBe('other')
  })
})

describe('symlinks and special files', () => {
  test('a symlink to the canary is stored as it is; its metadata does not reach what it points to', () => {
    const { writer, tree, problems } = bench()
    const target = Buffer.from(join(place().canary, 'file'))
    const xattrs = isRoot ? [{ name: Buffer.from('trusted.cairn'), value: Buffer.from('x') }] : undefined
    const link = entry('evil', ENTRY_SYMLINK, {
      target,
      mode: 0o777,
      ...(isRoot && { uid: 12_345, gid: 12_345 }),
      ...(xattrs && { xattrs }),
    })
    expect(writer.createSpecial({ directory: 0, entry: link })).toBe(true)
    expect(readlinkSync(join(tree, 'evil'))).toBe(target.toString())
    expect(lstatSync(join(tree, 'evil'), { bigint: true }).mtimeNs).toBe(1_700_000_000_123_456_789n)
    expect(problems).toEqual([])
  })
  test('a symlink to ../../canary is stored and never used', () => {
    const { writer, tree, problems } = bench()
    const link = entry('up', ENTRY_SYMLINK, { target: Buffer.from('../../canary') })
    expect(writer.createSpecial({ directory: 0, entry: link })).toBe(true)
    expect(writer.writeFile({ directory: 0, entry: file('up') }, HELLO)).toBe(false)
    expect(problems[0]?.kind).toBe('collision')
    expect(lstatSync(join(tree, 'up')).isSymbolicLink()).toBe(true)
  })
  test('device numbers beyond what the kernel has are a problem, not another device', () => {
    const { writer, problems } = bench()
    const device = { major: 2 ** 40, minor: 3 }
    expect(writer.createSpecial({ directory: 0, entry: entry('null', ENTRY_CHARACTER, { device }) })).toBe(false)
    expect(problems[0]?.kind).toBe('unsupported')
  })
  test.runIf(isRoot)('fifos, sockets and devices are created with their modes', () => {
    const { writer, tree, problems } = bench()
    writer.createSpecial({ directory: 0, entry: entry('fifo', ENTRY_FIFO, { mode: 0o622 }) })
    writer.createSpecial({ directory: 0, entry: entry('socket', ENTRY_SOCKET) })
    writer.createSpecial({ directory: 0, entry: entry('null', ENTRY_CHARACTER, { device: { major: 1, minor: 3 } }) })
    writer.createSpecial({ directory: 0, entry: entry('loop', ENTRY_BLOCK, { device: { major: 7, minor: 300 } }) })
    expect(problems).toEqual([])
    expect(lstatSync(join(tree, 'fifo')).mode & 0o7777).toBe(0o622)
    expect(lstatSync(join(tree, 'socket')).isSocket()).toBe(true)
    expect(lstatSync(join(tree, 'null')).rdev).toBe(statSync('/dev/null').rdev)
    expect(lstatSync(join(tree, 'loop')).rdev).toBe(((7 << 8) | (300 & 0xff) | ((300 & ~0xff) << 12)) >>> 0)
  })
})

describe('metadata of a hostile tree', () => {
  test('ids that no file can have do not turn into "leave the owner"', () => {
    const { writer, problems } = bench([], { uid: 0, gid: 0, umask: 0o22, mayChown: true })
    for (const uid of [0xffff_ffff, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      expect(writer.writeFile({ directory: 0, entry: file(`u${uid}`, { uid }) }, HELLO)).toBe(true)
    }
    expect(problems.map(({ kind }) => kind)).toEqual(['ownership', 'ownership', 'ownership'])
  })
  test('times out of range and sizes beyond the file system are problems of their entries', () => {
    const { writer, problems, tree } = bench()
    writer.writeFile(
      { directory: 0, entry: file('late', { mtime: { seconds: Number.MAX_SAFE_INTEGER, nanoseconds: 999_999_999 } }) },
      HELLO,
    )
    expect(readFileSync(join(tree, 'late'), 'utf8')).toBe('hello')
    const size = Number.MAX_SAFE_INTEGER
    expect(writer.writeFile({ directory: 0, entry: file('huge', { content: { size, depth: 0, items: [] } }) }, [])).toBe(false)
    expect(existsSync(join(tree, 'huge'))).toBe(false)
    expect(problems.at(-1)?.kind).toBe('unsupported')
  })
  test('setuid for another owner is not lent to whoever restores without being root', () => {
    const uid = process.geteuid!()
    const { writer, problems, tree } = bench([], { uid, gid: process.getegid!(), umask: 0o22, mayChown: false })
    writer.writeFile({ directory: 0, entry: file('su', { mode: 0o6755, uid: uid + 1 }) }, HELLO)
    writer.writeFile({ directory: 0, entry: file('mine', { mode: 0o4755 }) }, HELLO)
    expect(statSync(join(tree, 'su')).mode & 0o7777).toBe(0o2755)
    expect(statSync(join(tree, 'mine')).mode & 0o7777).toBe(0o4755)
    expect(problems.map(({ kind }) => kind)).toEqual(['mode'])
    expect(writer.keptOwners).toBe(1)
  })
  test('setuid is not lent to root either, when the owner cannot be given', () => {
    const { writer, problems, tree } = bench([], { uid: 0, gid: 0, umask: 0o22, mayChown: true })
    writer.writeFile({ directory: 0, entry: file('su', { mode: 0o6755, uid: 0xffff_ffff, gid: 0xffff_ffff }) }, HELLO)
    expect(statSync(join(tree, 'su')).mode & 0o7777).toBe(0o755)
    expect(problems.map(({ kind }) => kind)).toEqual(['ownership', 'mode'])
  })
  test.runIf(isRoot)('setuid survives the change of owner that comes before it', () => {
    const { writer, tree } = bench()
    writer.writeFile({ directory: 0, entry: file('su', { mode: 0o4755, uid: 1234, gid: 1234 }) }, HELLO)
    const { uid, mode } = statSync(join(tree, 'su'))
    expect([uid, mode & 0o7777]).toEqual([1234, 0o4755])
  })
  test('an xattr that the target refuses is a problem; the file is there', () => {
    const { writer, problems, tree } = bench()
    const xattrs = [{ name: Buffer.from('nonsense.name'), value: Buffer.from('x') }]
    expect(writer.writeFile({ directory: 0, entry: file('a', { xattrs }) }, HELLO)).toBe(true)
    expect(problems[0]?.kind).toBe('xattr')
    expect(readFileSync(join(tree, 'a'), 'utf8')).toBe('hello')
  })
  test('a SHA-256 that does not match leaves no file behind', () => {
    const { writer, problems, tree } = bench()
    expect(writer.writeFile({ directory: 0, entry: file('a', { sha256: Buffer.alloc(32) }) }, HELLO)).toBe(false)
    expect(problems[0]?.kind).toBe('damaged')
    expect(existsSync(join(tree, 'a'))).toBe(false)
  })
})

describe('long and deep', () => {
  test('a name of 255 bytes that is not UTF-8', () => {
    const { writer, tree } = bench()
    const name = Buffer.alloc(255, 0xff)
    expect(writer.writeFile({ directory: 0, entry: file(name) }, HELLO)).toBe(true)
    expect(readFileSync(Buffer.concat([Buffer.from(`${tree}/`), name]), 'utf8')).toBe('hello')
  })
  test('paths far beyond PATH_MAX are written, finished, and removed again', () => {
    const name = 'd'.repeat(200)
    const depth = 300
    const { writer, staging, problems } = bench(Array.from({ length: depth }, (_, i) => [i, name] as const))
    expect(writer.writeFile({ directory: depth, entry: file('leaf') }, HELLO)).toBe(true)
    const directory = { ...entry(name, 2), content: { size: 0, depth: 0, items: [] }, mode: 0o500 }
    for (let index = depth; index > 0; index--) writer.finishDirectory(index, directory)
    expect(problems).toEqual([])
    let fd = staging.treeFd
    for (let i = 0; i < depth; i++) fd = openDirNoFollow(fd, name)
    expect(readNames(fd).map(String)).toEqual(['leaf'])
    writer.close()
    staging.abort()
    expect(existsSync(join(place().base, staging.name))).toBe(false)
  })
  test('more directories than handles: each is found again', () => {
    const directories = Array.from({ length: 500 }, (_, i) => [i % 7 === 0 ? 0 : i, `d${i}`] as const)
    const { writer, problems } = bench(directories)
    for (let index = 500; index > 0; index--) expect(writer.writeFile({ directory: index, entry: file('f') }, HELLO)).toBe(true)
    expect(problems).toEqual([])
  })
})

describe('removing a staging tree', () => {
  test('symlinks in it are removed, not what they point to', () => {
    const { writer, staging, tree } = bench([[0, 'a']])
    writer.createSpecial({ directory: 1, entry: entry('out', ENTRY_SYMLINK, { target: Buffer.from(place().canary) }) })
    renameSync(join(tree, 'a'), join(tree, 'b'))
    symlinkSync(place().canary, join(tree, 'a'))
    staging.abort()
    expect(existsSync(join(place().base, staging.name))).toBe(false)
  })
  test('a tree that was swapped for the canary is not removed', () => {
    const { staging, tree } = bench()
    const stand = join(place().base, 'stand-in')
    mkdirSync(join(stand, 'data'), { recursive: true })
    rmdirSync(tree)
    renameSync(stand, tree)
    const before = describeTree(tree)
    expect(codeOf(() => staging.abort())).toBe('staging-unknown')
    expect(describeTree(tree)).toBe(before)
  })
  test('a directory named like those that removal uses is removed like any other', () => {
    const { staging } = bench([
      [0, 'removing-0'],
      [1, 'removing-0'],
      [0, 'removing-1'],
    ])
    const fd = staging.treeFd
    mkdirAt(fd, 'removing-2')
    staging.abort()
    expect(existsSync(join(place().base, staging.name))).toBe(false)
  })
})
