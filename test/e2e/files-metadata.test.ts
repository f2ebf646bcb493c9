// Metadata: extended attributes and ACLs, modes, owners, and times to the nanosecond, of files, directories and links. SPEC §9.2

import fs from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Timespec } from '../../src/runtime/posix/file-stat.ts'
import { utimensAt } from '../../src/runtime/posix/metadata.ts'
import { readXattrs, writeXattr, writeXattrAt } from '../../src/runtime/posix/xattr.ts'
import { bytes, inParent } from '../support/random-tree.ts'
import { capture, filesFixture, inSource, isRoot, roundTrip } from './files-fixture.ts'

const fixture = filesFixture()

function touch(file: Buffer, mtime: Timespec): void {
  inParent(file, (fd, name) => utimensAt(fd, name, 'omit', mtime))
}

function setXattr(file: Buffer, name: string, value: Uint8Array): void {
  const fd = fs.openSync(file, 'r')
  try {
    writeXattr(fd, name, value)
  } finally {
    fs.closeSync(fd)
  }
}

/** What setfacl writes: version 2, then tag, permissions and id of each entry. */
function acl(...entries: readonly (readonly [tag: number, permissions: number, id: number])[]): Buffer {
  const value = Buffer.alloc(4 + 8 * entries.length)
  value.writeUInt32LE(2, 0)
  for (const [index, [tag, permissions, id]] of entries.entries()) {
    value.writeUInt16LE(tag, 4 + 8 * index)
    value.writeUInt16LE(permissions, 6 + 8 * index)
    value.writeUInt32LE(id, 8 + 8 * index)
  }
  return value
}

const NOBODY_IN_PARTICULAR = 0xffff_ffff
const ACL = acl(
  [0x01, 7, NOBODY_IN_PARTICULAR],
  [0x02, 5, 1234],
  [0x04, 4, NOBODY_IN_PARTICULAR],
  [0x08, 6, 77],
  [0x10, 6, NOBODY_IN_PARTICULAR],
  [0x20, 0, NOBODY_IN_PARTICULAR],
)

describe('extended attributes', () => {
  test('empty, binary, many, with any name', async () => {
    const file = inSource(fixture, 'file')
    fs.writeFileSync(file, 'content')
    setXattr(file, 'user.empty', Buffer.alloc(0))
    setXattr(file, 'user.binary', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)))
    setXattr(file, `user.${'n'.repeat(250)}`, Buffer.from('x'))
    for (let i = 0; i < 100; i++) setXattr(file, `user.many${i}`, bytes(i, i))
    await roundTrip(fixture)
  })

  test.each([4095, 4096, 4097, 65_536])('a value of %i bytes, on a file and on a directory', async (size) => {
    fs.writeFileSync(inSource(fixture, 'file'), 'content')
    fs.writeFileSync(inSource(fixture, 'empty'), '')
    fs.mkdirSync(inSource(fixture, 'directory'))
    for (const name of ['file', 'empty', 'directory']) setXattr(inSource(fixture, name), 'user.value', bytes(size, size))
    setXattr(Buffer.from(fixture.source), 'user.root', bytes(1, size))
    await roundTrip(fixture)
  })

  test.runIf(isRoot)('of symlinks and FIFOs, short and long', async () => {
    fs.symlinkSync('nowhere', inSource(fixture, 'link'))
    const fd = fs.openSync(fixture.source, 'r')
    writeXattrAt(fd, 'link', 'trusted.short', Buffer.from('value'))
    writeXattrAt(fd, 'link', 'trusted.long', bytes(3, 9000))
    fs.closeSync(fd)
    await roundTrip(fixture)
  })

  test.runIf(isRoot)('capabilities of a program', async () => {
    fs.writeFileSync(inSource(fixture, 'ping'), 'program', { mode: 0o755 })
    const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')
    setXattr(inSource(fixture, 'ping'), 'security.capability', capability)
    await roundTrip(fixture)
    expect(readXattrs(`${fixture.target}/ping`)).toEqual([{ name: Buffer.from('security.capability'), value: capability }])
  })

  test('a changed attribute is seen, and only costs its own bytes', async () => {
    fs.mkdirSync(inSource(fixture, 'directory'))
    fs.writeFileSync(inSource(fixture, 'directory', 'file'), bytes(1, 100_000))
    setXattr(inSource(fixture, 'directory'), 'user.long', bytes(5, 5000))
    await capture(fixture)
    setXattr(inSource(fixture, 'directory'), 'user.long', bytes(6, 5000))
    const { newBytes } = await roundTrip(fixture)
    expect(newBytes).toBeLessThan(10_000)
  })
})

describe('ACLs', () => {
  test('of a file, of a directory, and the default for what is made in it', async () => {
    fs.writeFileSync(inSource(fixture, 'file'), 'content')
    fs.mkdirSync(inSource(fixture, 'directory'))
    setXattr(inSource(fixture, 'file'), 'system.posix_acl_access', ACL)
    setXattr(inSource(fixture, 'directory'), 'system.posix_acl_access', ACL)
    setXattr(inSource(fixture, 'directory'), 'system.posix_acl_default', ACL)
    fs.writeFileSync(inSource(fixture, 'directory', 'inherits'), 'content')
    fs.mkdirSync(inSource(fixture, 'directory', 'below'))
    await roundTrip(fixture)
    expect(readXattrs(`${fixture.target}/directory/below`)).toHaveLength(2)
  })

  test('what was made without one does not inherit one when it is restored', async () => {
    fs.mkdirSync(inSource(fixture, 'directory'))
    fs.writeFileSync(inSource(fixture, 'directory', 'before'), 'content')
    fs.mkdirSync(inSource(fixture, 'directory', 'below'))
    setXattr(inSource(fixture, 'directory'), 'system.posix_acl_default', ACL)
    await roundTrip(fixture)
    expect(readXattrs(`${fixture.target}/directory/before`)).toEqual([])
  })
})

describe('modes and owners', () => {
  test('all 4,096 modes of files, and those of directories that their owner can list', async () => {
    for (let mode = 0; mode <= 0o7777; mode += isRoot ? 1 : 0o11) {
      const file = inSource(fixture, `f${mode.toString(8)}`)
      fs.writeFileSync(file, '')
      if (!isRoot && (mode & 0o400) === 0) continue
      fs.chmodSync(file, mode)
    }
    for (const mode of [0o500, 0o711, 0o2755, 0o1777, 0o4755, 0o7777]) {
      fs.mkdirSync(inSource(fixture, `d${mode.toString(8)}`))
      fs.chmodSync(inSource(fixture, `d${mode.toString(8)}`), mode)
    }
    await roundTrip(fixture, { threads: 2 })
  })

  test.runIf(isRoot)('of others, with and without a name here, also of symlinks', async () => {
    for (const [index, id] of [1, 1234, 65_534, 4_294_967_294].entries()) {
      const name = `file${index}`
      fs.writeFileSync(inSource(fixture, name), 'content')
      fs.chownSync(inSource(fixture, name), id, id)
      fs.chmodSync(inSource(fixture, name), 0o6755)
      fs.symlinkSync('x', inSource(fixture, `link${index}`))
      fs.lchownSync(inSource(fixture, `link${index}`), id, 0)
      fs.mkdirSync(inSource(fixture, `directory${index}`))
      fs.chownSync(inSource(fixture, `directory${index}`), 0, id)
    }
    await roundTrip(fixture)
  })
})

describe('times', () => {
  const TIMES = [
    { seconds: 0, nanoseconds: 0 },
    { seconds: 0, nanoseconds: 1 },
    { seconds: -1, nanoseconds: 999_999_999 },
    { seconds: -2_147_483_648, nanoseconds: 5 },
    { seconds: 1_700_000_000, nanoseconds: 123_456_789 },
    { seconds: 4_294_967_296, nanoseconds: 3 },
    { seconds: 253_402_300_800, nanoseconds: 7 },
  ] as const

  test('to the nanosecond: before 1970, beyond 2106 and beyond the year 9999; of files, directories, links and FIFOs', async () => {
    for (const [index, time] of TIMES.entries()) {
      const names = ['f', 'd', 'l', 'e'].map((kind) => inSource(fixture, `${kind}${index}`))
      fs.writeFileSync(names[0]!, 'content')
      fs.mkdirSync(names[1]!)
      fs.writeFileSync(Buffer.concat([names[1]!, Buffer.from('/inside')]), '')
      fs.symlinkSync('f', names[2]!)
      fs.writeFileSync(names[3]!, '')
      for (const name of names) touch(name, time)
    }
    touch(Buffer.from(fixture.source), { seconds: 1, nanoseconds: 1 })
    await roundTrip(fixture)
  })
})

describe('sizes of trees', () => {
  test('empty files, empty directories, an empty source', async () => {
    await roundTrip(fixture)
    fs.rmSync(fixture.target, { recursive: true })
    for (const name of ['a', 'a/b', 'a/b/c']) fs.mkdirSync(inSource(fixture, name))
    for (const name of ['x', 'a/x', 'a/b/c/x']) fs.writeFileSync(inSource(fixture, name), '')
    const { manifest } = await roundTrip(fixture)
    expect(manifest.statistics).toMatchObject({ files: 3, directories: 4, bytes: 0 })
  })

  test('5,000 files of one byte', async () => {
    for (let i = 0; i < 5000; i++) fs.writeFileSync(inSource(fixture, `file${i}`), Buffer.of(i & 255))
    const { manifest, newBytes } = await roundTrip(fixture, { threads: 2 })
    expect(manifest.statistics).toMatchObject({ files: 5000, bytes: 5000 })
    expect(newBytes).toBeLessThan(2 << 20) // 256 chunks of one byte, and the tree
  })
})
