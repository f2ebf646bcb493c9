// Calls that a file system may not offer, or offer in its own way: their errors must not cost a file that write(2) would make.

import { expect, test, vi } from 'vitest'
import { PosixError } from '../../src/runtime/posix/posix-error.ts'
import { reserveSpace } from '../../src/runtime/posix/space.ts'
import { startWriteBack } from '../../src/runtime/posix/sync.ts'

const answers = vi.hoisted((): number[] => [])

vi.mock('../../src/runtime/posix/library.ts', () => {
  let errno = 0
  const call = (): number => {
    errno = answers.shift()!
    return errno === 0 ? 0 : -1
  }
  return {
    libc: () => ({ fallocate: call, sync_file_range: call }),
    lastError: (syscall: string) => new PosixError(errno, syscall),
  }
})

const NUMBERS = [...Array.from({ length: 133 }, (_, index) => index + 1), 524]
const [EINTR, EIO, EFBIG, ENOSPC, EDQUOT] = [4, 5, 27, 28, 122]
const NO_ROOM = [EIO, EFBIG, ENOSPC, EDQUOT]

test.each(NUMBERS.filter((errno) => errno !== EINTR && !NO_ROOM.includes(errno)))(
  'errno %i: no room is reserved, and the file is written',
  (errno) => {
    answers.push(errno)
    expect(reserveSpace(3, 4096)).toBe(false)
  },
)

test.each(NO_ROOM)('errno %i: there is no room', (errno) => {
  answers.push(errno)
  expect(() => reserveSpace(3, 4096)).toThrow(expect.objectContaining({ errno: -errno }))
})

test('a signal does not keep room from being reserved', () => {
  answers.push(EINTR, EINTR, 0)
  expect(reserveSpace(3, 4096)).toBe(true)
})

test.each(NUMBERS.filter((errno) => errno !== EFBIG && !NO_ROOM.includes(errno)))(
  'errno %i of an early write-back is nothing to a file',
  (errno) => {
    answers.push(errno)
    expect(() => startWriteBack(3, 0, 4096)).not.toThrow()
  },
)

test.each(NO_ROOM.filter((errno) => errno !== EFBIG))('errno %i of an early write-back: the disk takes no more', (errno) => {
  answers.push(errno)
  expect(() => startWriteBack(3, 0, 4096)).toThrow(expect.objectContaining({ errno: -errno }))
})
