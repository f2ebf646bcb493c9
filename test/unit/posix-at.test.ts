import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { linkAt, mkdirAt, openAt, openDirNoFollow, readlinkAt, rmdirAt, symlinkAt, unlinkAt } from '../../src/runtime/posix/at.ts'
import { readNames } from '../../src/runtime/posix/directory.ts'
import { mknodAt } from '../../src/runtime/posix/node-at.ts'
import { renameExchange, renameNoReplace } from '../../src/runtime/posix/rename.ts'
import { statAt } from '../../src/runtime/posix/stat.ts'

// "ä" in latin1, a byte that never occurs in UTF-8, and the bytes of a lone surrogate.
const INVALID_UTF8 = Buffer.from([0x61, 0xe4, 0xff, 0xed, 0xa0, 0x80])
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
const IS_ROOT = process.getuid?.() === 0

let root: string
let dirFd: number

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'posix-at-'))
  dirFd = openSync(root, constants.O_DIRECTORY)
})

afterEach(() => {
  closeSync(dirFd)
  rmSync(root, { recursive: true })
})

function createFile(name: Uint8Array | string, text = ''): void {
  const fd = openAt(dirFd, name, CREATE, 0o600)
  writeFileSync(fd, text)
  closeSync(fd)
}

function inside(name: string): string {
  return join(root, name)
}

/** The code of what `call` throws; undefined when it returns. */
function codeOf(call: () => unknown): unknown {
  try {
    call()
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

describe('names are bytes', () => {
  test('a name that is not UTF-8 is kept byte for byte', () => {
    createFile(INVALID_UTF8, 'x')
    expect(readdirSync(root, { encoding: 'buffer' })).toEqual([INVALID_UTF8])
    expect(readNames(dirFd)).toEqual([INVALID_UTF8])
    expect(statAt(dirFd, INVALID_UTF8).sizeBytes).toBe(1)
  })

  test('text is passed on as UTF-8', () => {
    createFile('grün')
    expect(readNames(dirFd)).toEqual([Buffer.from('grün', 'utf8')])
  })

  test('255 bytes are a name, 256 are refused', () => {
    const longest = Buffer.alloc(255, 0xfe)
    createFile(longest)
    expect(readNames(dirFd)).toEqual([longest])
    expect(codeOf(() => createFile(Buffer.alloc(256, 0xfe)))).toBe('ENAMETOOLONG')
    expect(codeOf(() => createFile(Buffer.alloc(5000, 0xfe)))).toBe('ENAMETOOLONG')
  })

  test.each(['', '.', '..', 'a/b', '/', '/etc', 'a\0b', '\0'])(
    '%j leads out of the directory or is cut short, so it is refused',
    (name) => {
      mkdirAt(dirFd, 'a')
      expect(codeOf(() => createFile(name))).toBe('EINVAL')
      expect(codeOf(() => openDirNoFollow(dirFd, Buffer.from(name)))).toBe('EINVAL')
      expect(codeOf(() => linkAt(dirFd, 'a', dirFd, name))).toBe('EINVAL')
      expect(readNames(dirFd)).toEqual([Buffer.from('a')])
    },
  )

  test('a name that only begins with dots is a name', () => {
    for (const name of ['...', '..a', '.a']) createFile(name)
    expect(readNames(dirFd).map(String)).toEqual(['...', '..a', '.a'])
  })

  test('a lone surrogate is refused, not written as U+FFFD', () => {
    expect(codeOf(() => createFile('a\ud800'))).toBe('EILSEQ')
    expect(readNames(dirFd)).toEqual([])
  })
})

describe('readNames', () => {
  test('sorts by bytes and lists many names once, at each call anew', () => {
    const names = Array.from({ length: 3000 }, (_, i) =>
      Buffer.concat([Buffer.from([((i * 7) % 200) | 0x80]), Buffer.from(`-${i}-${'n'.repeat(60)}`)]),
    )
    for (const name of names) createFile(name)
    const expected = names.toSorted(Buffer.compare)
    expect(readNames(dirFd)).toEqual(expected)
    expect(readNames(dirFd)).toEqual(expected)
  })

  test('says that a handle is no directory', () => {
    createFile('file')
    const fd = openSync(inside('file'), constants.O_RDONLY)
    expect(codeOf(() => readNames(fd))).toBe('ENOTDIR')
    closeSync(fd)
  })
})

describe('open and create', () => {
  test('openAt keeps flags and mode, and closes on exec', () => {
    const fd = openAt(dirFd, 'file', CREATE, 0o640)
    const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]
    expect(fstatSync(fd).mode & 0o777).toBe(0o640 & ~process.umask())
    expect(Number.parseInt(flags ?? '0', 8) & 0o2000000).toBe(0o2000000)
    expect(codeOf(() => openAt(dirFd, 'file', CREATE))).toBe('EEXIST')
    closeSync(fd)
  })

  test('openDirNoFollow opens a directory and refuses a symlink to one, and a file', () => {
    mkdirAt(dirFd, 'real', 0o700)
    symlinkSync('real', inside('link'))
    createFile('file')
    const fd = openDirNoFollow(dirFd, 'real')
    expect(fstatSync(fd).ino).toBe(lstatSync(inside('real')).ino)
    expect(codeOf(() => openDirNoFollow(dirFd, 'link'))).toBe('ENOTDIR')
    expect(codeOf(() => openDirNoFollow(dirFd, 'file'))).toBe('ENOTDIR')
    closeSync(fd)
  })

  test('a handle keeps to its directory when a symlink takes the place of the path', () => {
    mkdirAt(dirFd, 'target')
    mkdirAt(dirFd, 'elsewhere')
    const fd = openDirNoFollow(dirFd, 'target')
    renameNoReplace(dirFd, 'target', dirFd, 'moved')
    symlinkAt('elsewhere', dirFd, 'target')
    mkdirAt(fd, 'made')
    expect(readdirSync(inside('moved'))).toEqual(['made'])
    expect(readdirSync(inside('elsewhere'))).toEqual([])
    closeSync(fd)
  })

  test('symlinks keep their target, whatever bytes it has', () => {
    const target = Buffer.concat([Buffer.from('../no/such/'), INVALID_UTF8])
    symlinkAt(target, dirFd, 'link')
    expect(readlinkAt(dirFd, 'link')).toEqual(target)
    const longest = Buffer.alloc(4095, 0x74)
    symlinkAt(longest, dirFd, 'long')
    expect(readlinkAt(dirFd, 'long')).toEqual(longest)
    expect(codeOf(() => readlinkAt(dirFd, 'absent'))).toBe('ENOENT')
  })

  test('linkAt links the name itself, a symlink too', () => {
    createFile('file')
    symlinkAt('file', dirFd, 'symlink')
    mkdirAt(dirFd, 'sub')
    const sub = openDirNoFollow(dirFd, 'sub')
    linkAt(dirFd, 'file', sub, 'second')
    linkAt(dirFd, 'symlink', sub, 'second-symlink')
    expect(lstatSync(inside('sub/second')).ino).toBe(lstatSync(inside('file')).ino)
    expect(lstatSync(inside('sub/second-symlink')).isSymbolicLink()).toBe(true)
    closeSync(sub)
  })

  test('unlinkAt takes files, rmdirAt takes empty directories', () => {
    createFile('file')
    mkdirAt(dirFd, 'dir')
    expect(codeOf(() => unlinkAt(dirFd, 'dir'))).toBe('EISDIR')
    expect(codeOf(() => rmdirAt(dirFd, 'file'))).toBe('ENOTDIR')
    unlinkAt(dirFd, 'file')
    rmdirAt(dirFd, 'dir')
    expect(readNames(dirFd)).toEqual([])
  })
})

describe('special nodes', () => {
  test('fifo and socket', () => {
    mknodAt(dirFd, 'fifo', { kind: 'fifo' }, 0o600)
    mknodAt(dirFd, 'socket', { kind: 'socket' }, 0o600)
    expect(lstatSync(inside('fifo')).isFIFO()).toBe(true)
    expect(lstatSync(inside('socket')).isSocket()).toBe(true)
  })

  test.runIf(IS_ROOT)('devices keep type and numbers, the largest too', () => {
    mknodAt(dirFd, 'null', { kind: 'character-device', major: 1, minor: 3 }, 0o600)
    mknodAt(dirFd, 'disk', { kind: 'block-device', major: 0xfff, minor: 0xfffff }, 0o600)
    expect(readFileSync(inside('null'), 'utf8')).toBe('')
    expect(lstatSync(inside('null')).isCharacterDevice()).toBe(true)
    expect(statAt(dirFd, 'null')).toMatchObject({ rdevMajor: 1, rdevMinor: 3 })
    expect(lstatSync(inside('disk')).isBlockDevice()).toBe(true)
    expect(statAt(dirFd, 'disk')).toMatchObject({ rdevMajor: 0xfff, rdevMinor: 0xfffff })
  })

  test.each([
    [0x1000, 0],
    [0, 0x100000],
    [-1, 0],
    [0.5, 0],
  ])('numbers %d:%d do not fit, and are not cut short', (major, minor) => {
    expect(codeOf(() => mknodAt(dirFd, 'device', { kind: 'character-device', major, minor }))).toBe('EINVAL')
  })
})

describe('rename', () => {
  test('renameExchange swaps two directories across parents', () => {
    mkdirAt(dirFd, 'old')
    mkdirAt(dirFd, 'sub')
    const sub = openDirNoFollow(dirFd, 'sub')
    mkdirAt(sub, 'new')
    const [oldIno, newIno] = [statAt(dirFd, 'old').ino, statAt(sub, 'new').ino]
    renameExchange(dirFd, 'old', sub, 'new')
    expect(statAt(dirFd, 'old').ino).toBe(newIno)
    expect(statAt(sub, 'new').ino).toBe(oldIno)
    closeSync(sub)
  })

  test('renameExchange needs both names', () => {
    createFile('one')
    expect(codeOf(() => renameExchange(dirFd, 'one', dirFd, 'two'))).toBe('ENOENT')
    expect(readNames(dirFd)).toEqual([Buffer.from('one')])
  })

  test('renameNoReplace leaves a taken name alone', () => {
    createFile('one', '1')
    createFile('two', '2')
    expect(codeOf(() => renameNoReplace(dirFd, 'one', dirFd, 'two'))).toBe('EEXIST')
    expect(readFileSync(inside('two'), 'utf8')).toBe('2')
    renameNoReplace(dirFd, 'one', dirFd, 'three')
    expect(readNames(dirFd).map(String)).toEqual(['three', 'two'])
  })

  test('what kernel or file system refuses is an UnsupportedError, with the cause', () => {
    mkdirAt(dirFd, 'outer')
    const outer = openDirNoFollow(dirFd, 'outer')
    mkdirAt(outer, 'inner')
    const swap = (): void => renameExchange(dirFd, 'outer', outer, 'inner')
    expect(swap).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', syscall: 'renameat2', cause: expect.objectContaining({ code: 'EINVAL' }) }),
    )
    closeSync(outer)
  })
})

test('errors carry what those of node:fs carry', () => {
  let expected: unknown
  try {
    lstatSync(inside('absent'))
  } catch (error) {
    expected = (error as NodeJS.ErrnoException).errno
  }
  const call = (): number => openAt(dirFd, Buffer.from('absent'), constants.O_RDONLY)
  expect(call).toThrow(expect.objectContaining({ code: 'ENOENT', errno: expected, syscall: 'openat', path: 'absent' }))
  expect(call).toThrow("ENOENT: no such file or directory, openat 'absent'")
})
