import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { statFd } from '../../src/runtime/posix/stat.ts'
import { statRecord } from '../../src/sources/filesystem/stat-record.ts'
import { stampsEveryWrite } from '../../src/sources/filesystem/write-stamps.ts'

const folder = mkdtempSync(join(tmpdir(), 'cairn-stamps-'))
const fd = openSync(join(folder, 'file'), 'w+')
writeSync(fd, 'x', 0)
const stamps = stampsEveryWrite(fd, statFd(fd))
afterAll(() => {
  closeSync(fd)
  rmSync(folder, { recursive: true })
})

test.skipIf(!stamps)(
  'a write right after a look at the times is seen, a thousand times (needs Linux 6.13 and ext4, XFS, btrfs or tmpfs)',
  () => {
    for (let i = 0; i < 1000; i++) {
      const before = statRecord(statFd(fd))
      writeSync(fd, 'x', 0)
      expect(statRecord(statFd(fd)).equals(before)).toBe(false)
    }
  },
)

test('an older kernel, whole seconds, and file systems that are not known do not say so', () => {
  const fine = { seconds: 1, nanoseconds: 1 }
  const whole = { seconds: 1, nanoseconds: 0 }
  for (const kernel of ['6.12.9', '5.15.0-generic', '4.19', 'unknown'])
    expect(stampsEveryWrite(fd, { ctime: fine, mtime: fine }, kernel)).toBe(false)
  expect(stampsEveryWrite(fd, { ctime: whole, mtime: whole }, '7.0.0')).toBe(false)
  const elsewhere = openSync('/proc/version', 'r')
  expect(stampsEveryWrite(elsewhere, { ctime: fine, mtime: fine }, release())).toBe(false)
  closeSync(elsewhere)
})
