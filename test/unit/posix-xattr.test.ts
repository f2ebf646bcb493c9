import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mknodAt } from '../../src/runtime/posix/node-at.ts'
import {
  readXattrs,
  readXattrsAt,
  readXattrsFd,
  readXattrsThroughProc,
  removeXattr,
  writeXattr,
  writeXattrAt,
  type Xattr,
} from '../../src/runtime/posix/xattr.ts'

const IS_ROOT = process.getuid?.() === 0
const FILE = Buffer.from([0x66, 0xff, 0x66])

// acl(5) as Linux stores it: version 2; owner rw-, user 1000 r--, group r--, mask r--, others ---.
const ACL = Buffer.concat([
  Buffer.from([2, 0, 0, 0]),
  ...[
    [0x01, 6, 0xffffffff],
    [0x02, 4, 1000],
    [0x04, 4, 0xffffffff],
    [0x10, 4, 0xffffffff],
    [0x20, 0, 0xffffffff],
  ].map(([tag, permissions, id]) => {
    const entry = Buffer.alloc(8)
    entry.writeUInt16LE(tag ?? 0, 0)
    entry.writeUInt16LE(permissions ?? 0, 2)
    entry.writeUInt32LE(id ?? 0, 4)
    return entry
  }),
])

let root: string
let dirFd: number
let fd: number

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'posix-xattr-'))
  dirFd = openSync(root, constants.O_DIRECTORY)
  writeFileSync(pathOf(FILE), '')
  fd = openSync(pathOf(FILE), constants.O_RDWR)
})

afterEach(() => {
  closeSync(fd)
  closeSync(dirFd)
  rmSync(root, { recursive: true })
})

function pathOf(name: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), name])
}

/** What every way of reading the file says; they must agree. */
function readAllWays(): readonly Xattr[] {
  const found = readXattrsAt(dirFd, FILE)
  expect(readXattrsThroughProc(dirFd, FILE)).toEqual(found)
  expect(readXattrs(pathOf(FILE))).toEqual(found)
  expect(readXattrsFd(fd)).toEqual(found)
  return found
}

describe('reading and writing', () => {
  test('a file without attributes has none', () => {
    expect(readAllWays()).toEqual([])
  })

  test('names and values are bytes, sorted by name', () => {
    const strange = Buffer.concat([Buffer.from('user.'), Buffer.from([0xff, 0x01, 0xe4])])
    const value = Buffer.from([0, 0xff, 0, 0x80])
    writeXattr(fd, strange, value)
    writeXattr(fd, 'user.b', Buffer.alloc(0))
    writeXattr(fd, 'user.a', Buffer.from('first'))
    writeXattr(fd, 'user.a', Buffer.from('second'))
    expect(readAllWays()).toEqual([
      { name: Buffer.from('user.a'), value: Buffer.from('second') },
      { name: Buffer.from('user.b'), value: Buffer.alloc(0) },
      { name: strange, value },
    ])
  })

  test('a list and a value longer than the first offer come whole', () => {
    const names = Array.from({ length: 9 }, (_, i) => `user.${i}${'n'.repeat(130)}`)
    for (const name of names) writeXattr(fd, name, Buffer.from('x'))
    writeXattr(fd, 'user.~', Buffer.alloc(1025, 7))
    const found = readAllWays()
    expect(found.map(({ name }) => String(name))).toEqual([...names, 'user.~'])
    expect(found.at(-1)?.value).toEqual(Buffer.alloc(1025, 7))
  })

  test('an access list is kept, and can be removed', () => {
    writeXattr(fd, 'system.posix_acl_access', ACL)
    expect(readAllWays()).toEqual([{ name: Buffer.from('system.posix_acl_access'), value: ACL }])
    removeXattr(fd, 'system.posix_acl_access')
    expect(readAllWays()).toEqual([])
    expect(() => removeXattr(fd, 'user.absent')).toThrow(expect.objectContaining({ code: 'ENODATA' }))
  })

  test('a directory has attributes too, its default access list among them', () => {
    mkdirSync(join(root, 'dir'))
    const dir = openSync(join(root, 'dir'), constants.O_DIRECTORY)
    writeXattr(dir, 'system.posix_acl_default', ACL)
    writeXattr(dir, 'user.dir', Buffer.from('1'))
    expect(readXattrsAt(dirFd, 'dir').map(({ name }) => String(name))).toEqual(['system.posix_acl_default', 'user.dir'])
    closeSync(dir)
  })

  test.runIf(IS_ROOT)('security and trusted attributes are seen', () => {
    writeXattr(fd, 'trusted.cairn', Buffer.from('t'))
    writeXattr(fd, 'security.cairn', Buffer.from('s'))
    expect(readAllWays().map(({ name }) => String(name))).toEqual(['security.cairn', 'trusted.cairn'])
  })

  test('a refused namespace says so', () => {
    expect(() => writeXattr(fd, 'nonsense', Buffer.from('x'))).toThrow(expect.objectContaining({ syscall: 'fsetxattr', errno: -95 }))
  })
})

describe('what cannot be opened', () => {
  test('a symlink is looked at itself, not followed', () => {
    symlinkSync(pathOf(FILE), join(root, 'link'))
    writeXattr(fd, 'user.target', Buffer.from('x'))
    expect(readXattrsAt(dirFd, 'link')).toEqual([])
    expect(readXattrsThroughProc(dirFd, 'link')).toEqual([])
    expect(readXattrs(join(root, 'link'))).toEqual([])
  })

  test.runIf(IS_ROOT)('writeXattrAt sets a symlink and a fifo, not the target', () => {
    symlinkSync(pathOf(FILE), join(root, 'link'))
    mknodAt(dirFd, 'fifo', { kind: 'fifo' })
    for (const name of ['link', 'fifo']) {
      writeXattrAt(dirFd, name, 'trusted.cairn', Buffer.from(name))
      expect(readXattrsAt(dirFd, name)).toEqual([{ name: Buffer.from('trusted.cairn'), value: Buffer.from(name) }])
    }
    expect(readAllWays()).toEqual([])
  })

  test('a file system without attributes has none', () => {
    expect(readXattrs('/proc/self/status')).toEqual([])
  })

  test('an absent name is ENOENT', () => {
    expect(() => readXattrsAt(dirFd, 'absent')).toThrow(expect.objectContaining({ code: 'ENOENT', path: 'absent' }))
    expect(() => readXattrs(join(root, 'absent'))).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })
})
