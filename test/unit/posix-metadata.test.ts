import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FileStat, Timespec } from '../../src/runtime/posix/file-stat.ts'
import { fchmodAt, fchownAt, futimens, utimensAt } from '../../src/runtime/posix/metadata.ts'
import { mknodAt } from '../../src/runtime/posix/node-at.ts'
import { statAt, statFd, statPath } from '../../src/runtime/posix/stat.ts'

const IS_ROOT = process.getuid?.() === 0
const EXACT: Timespec = { seconds: 1_700_000_000, nanoseconds: 123_456_789 }
const BEFORE_1970: Timespec = { seconds: -2, nanoseconds: 999_999_999 }

let root: string
let dirFd: number

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'posix-metadata-'))
  dirFd = openSync(root, constants.O_DIRECTORY)
  writeFileSync(join(root, 'file'), 'content', { mode: 0o600 })
  symlinkSync('file', join(root, 'link'))
})

afterEach(() => {
  closeSync(dirFd)
  rmSync(root, { recursive: true })
})

function nanoseconds(time: Timespec): bigint {
  return BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanoseconds)
}

function times(name: string): { atimeNs: bigint; mtimeNs: bigint } {
  const { atimeNs, mtimeNs } = lstatSync(join(root, name), { bigint: true })
  return { atimeNs, mtimeNs }
}

describe('times', () => {
  test.each([EXACT, BEFORE_1970, { seconds: 0, nanoseconds: 1 }, { seconds: 0x1_0000_0001, nanoseconds: 7 }])(
    'utimensAt sets %o exactly',
    (time) => {
      utimensAt(dirFd, 'file', { seconds: 5, nanoseconds: 6 }, time)
      expect(times('file')).toEqual({ atimeNs: 5_000_000_006n, mtimeNs: nanoseconds(time) })
      expect(statAt(dirFd, 'file').mtime).toEqual(time)
    },
  )

  test('utimensAt leaves what is omitted', () => {
    utimensAt(dirFd, 'file', EXACT, BEFORE_1970)
    utimensAt(dirFd, 'file', 'omit', EXACT)
    expect(times('file')).toEqual({ atimeNs: nanoseconds(EXACT), mtimeNs: nanoseconds(EXACT) })
    utimensAt(dirFd, 'file', BEFORE_1970, 'omit')
    expect(times('file')).toEqual({ atimeNs: nanoseconds(BEFORE_1970), mtimeNs: nanoseconds(EXACT) })
  })

  test('utimensAt changes a symlink, not what it points to', () => {
    const before = times('file')
    utimensAt(dirFd, 'link', EXACT, EXACT)
    expect(times('link').mtimeNs).toBe(nanoseconds(EXACT))
    expect(times('file')).toEqual(before)
  })

  test('futimens sets an open file, and a directory', () => {
    const fd = openSync(join(root, 'file'), constants.O_RDWR)
    futimens(fd, 'omit', EXACT)
    futimens(dirFd, 'omit', BEFORE_1970)
    expect(times('file').mtimeNs).toBe(nanoseconds(EXACT))
    expect(times('.').mtimeNs).toBe(nanoseconds(BEFORE_1970))
    closeSync(fd)
  })

  // 0x3fffffff and 0x3ffffffe mean "now" and "omit" to the kernel.
  test.each([-1, 1_000_000_000, 0x3fffffff, 0x3ffffffe, 0.5, Number.NaN])('%d nanoseconds are refused', (ns) => {
    const before = times('file')
    const set = (): void => utimensAt(dirFd, 'file', 'omit', { seconds: 1, nanoseconds: ns })
    expect(set).toThrow(expect.objectContaining({ code: 'EINVAL', path: 'file' }))
    expect(times('file')).toEqual(before)
  })
})

describe.runIf(IS_ROOT)('owner', () => {
  test('fchownAt changes a file, and a symlink instead of its target', () => {
    fchownAt(dirFd, 'file', 1234, 4_000_000_000)
    fchownAt(dirFd, 'link', 77, 88)
    expect(lstatSync(join(root, 'file'))).toMatchObject({ uid: 1234, gid: 4_000_000_000 })
    expect(lstatSync(join(root, 'link'))).toMatchObject({ uid: 77, gid: 88 })
  })
})

describe('mode', () => {
  test('fchmodAt changes a fifo without opening it, special bits too', () => {
    mknodAt(dirFd, 'fifo', { kind: 'fifo' }, 0o600)
    fchmodAt(dirFd, 'fifo', 0o4751)
    expect(lstatSync(join(root, 'fifo')).mode & 0o7777).toBe(0o4751)
  })

  test('fchmodAt refuses a symlink and leaves its target alone', () => {
    chmodSync(join(root, 'file'), 0o600)
    expect(() => fchmodAt(dirFd, 'link', 0o777)).toThrow(expect.objectContaining({ errno: -95 }))
    expect(lstatSync(join(root, 'file')).mode & 0o777).toBe(0o600)
  })
})

describe('stat', () => {
  function reference(path: string): FileStat {
    const s = lstatSync(path, { bigint: true })
    const [rdevMajor, rdevMinor] = [
      Number(((s.rdev >> 8n) & 0xfffn) | ((s.rdev >> 32n) & 0xfffff000n)),
      Number((s.rdev & 0xffn) | ((s.rdev >> 12n) & 0xfffff00n)),
    ]
    const split = (ns: bigint): Timespec => {
      const rest = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
      return { seconds: Number((ns - rest) / 1_000_000_000n), nanoseconds: Number(rest) }
    }
    const counts = { nlink: Number(s.nlink), sizeBytes: Number(s.size), blocks: Number(s.blocks) }
    const owner = { uid: Number(s.uid), gid: Number(s.gid) }
    return {
      dev: Number(s.dev),
      ino: s.ino,
      mode: Number(s.mode),
      ...counts,
      ...owner,
      rdevMajor,
      rdevMinor,
      mtime: split(s.mtimeNs),
      ctime: split(s.ctimeNs),
      btime: split(s.birthtimeNs),
    }
  }

  test.each(['file', 'link', 'dir', 'early'])('statAt and statPath agree with node:fs on %s', (name) => {
    mkdirSync(join(root, 'dir'))
    writeFileSync(join(root, 'early'), 'x'.repeat(70_000))
    utimensAt(dirFd, 'early', 'omit', BEFORE_1970)
    expect(statAt(dirFd, name)).toEqual(reference(join(root, name)))
    expect(statPath(Buffer.from(join(root, name)))).toEqual(reference(join(root, name)))
  })

  test.each(['/dev/null', '/dev/tty', '/proc/self/status', '/'])('statPath agrees with node:fs on %s', (path) => {
    // The times of /proc are those of the look.
    expect({ ...statPath(path), mtime: 0, ctime: 0 }).toEqual({ ...reference(path), mtime: 0, ctime: 0 })
  })

  test('statFd sees the open file, beyond 4 GiB too', () => {
    const fd = openSync(join(root, 'file'), constants.O_RDWR)
    ftruncateSync(fd, 5 * 2 ** 32 + 123)
    expect(statFd(fd).sizeBytes).toBe(5 * 2 ** 32 + 123)
    expect(statFd(fd).ino).toBe(fstatSync(fd, { bigint: true }).ino)
    closeSync(fd)
  })

  test('an absent name is ENOENT', () => {
    expect(() => statAt(dirFd, 'absent')).toThrow(expect.objectContaining({ code: 'ENOENT', syscall: 'statx' }))
  })
})
