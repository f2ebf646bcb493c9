import { closeSync, constants, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { tryLock, unlock } from '../../src/runtime/posix/lock.ts'
import { dataExtents, joined, nextData, nextHole } from '../../src/runtime/posix/sparse.ts'
import { syncFs } from '../../src/runtime/posix/sync.ts'

const PIECE_BYTES = 65_536
const FAR = 6 * 2 ** 30

let root: string
let fd: number

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'posix-sparse-'))
  fd = openSync(join(root, 'file'), constants.O_RDWR | constants.O_CREAT)
})

afterEach(() => {
  closeSync(fd)
  rmSync(root, { recursive: true })
})

function writePiece(offset: number): void {
  writeSync(fd, Buffer.alloc(PIECE_BYTES, 1), 0, PIECE_BYTES, offset)
}

describe('holes', () => {
  test('of less than 4 KiB are data, however many a file has', () => {
    const many = Array.from({ length: 1000 }, (_, i) => [i * 100, 1] as const)
    expect([...joined([...many, [200_000, 5], [204_100, 5], [208_201, 5]])]).toEqual([
      [0, 99_901],
      [200_000, 4105],
      [208_201, 5],
    ])
    expect([...joined([])]).toEqual([])
  })
  test('data between holes, beyond 4 GiB, is found exactly', () => {
    writePiece(PIECE_BYTES)
    writePiece(FAR)
    const sizeBytes = FAR + 4 * PIECE_BYTES
    ftruncateSync(fd, sizeBytes)
    expect([...dataExtents(fd, sizeBytes)]).toEqual([
      [PIECE_BYTES, PIECE_BYTES],
      [FAR, PIECE_BYTES],
    ])
    expect(nextData(fd, 0)).toBe(PIECE_BYTES)
    expect(nextHole(fd, PIECE_BYTES)).toBe(2 * PIECE_BYTES)
    expect(nextData(fd, 2 * PIECE_BYTES)).toBe(FAR)
    expect(nextData(fd, FAR + PIECE_BYTES)).toBeUndefined()
    expect(nextHole(fd, sizeBytes)).toBeUndefined()
  })

  test('a file without holes is one extent, an empty one and a hole have none', () => {
    expect([...dataExtents(fd, 0)]).toEqual([])
    writePiece(0)
    expect([...dataExtents(fd, PIECE_BYTES)]).toEqual([[0, PIECE_BYTES]])
    ftruncateSync(fd, 0)
    ftruncateSync(fd, 10 * PIECE_BYTES)
    expect([...dataExtents(fd, 10 * PIECE_BYTES)]).toEqual([])
  })

  test('extents end at the size asked for, and where a file was cut meanwhile', () => {
    writePiece(0)
    expect([...dataExtents(fd, 1000)]).toEqual([[0, 1000]])
    expect([...dataExtents(fd, 10 * PIECE_BYTES)]).toEqual([[0, PIECE_BYTES]])
  })

  test('errors are not taken for the end', () => {
    expect(() => nextData(-1, 0)).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'lseek' }))
  })
})

describe('syncFs', () => {
  test('takes any handle of the file system, a directory too', () => {
    const dirFd = openSync(root, constants.O_DIRECTORY)
    expect(syncFs(fd)).toBeUndefined()
    expect(syncFs(dirFd)).toBeUndefined()
    closeSync(dirFd)
  })

  test('its error is seen', () => {
    expect(() => syncFs(-1)).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'syncfs' }))
    const pathOnly = openSync(root, 0o10000000)
    expect(() => syncFs(pathOnly)).toThrow(expect.objectContaining({ code: 'EBADF' }))
    closeSync(pathOnly)
  })
})

describe('locks', () => {
  let other: number

  beforeEach(() => {
    other = openSync(join(root, 'file'), constants.O_RDWR)
  })

  afterEach(() => closeSync(other))

  test('an exclusive lock keeps every other handle out until it is given up', () => {
    expect(tryLock(fd, 'exclusive')).toBe(true)
    expect(tryLock(other, 'exclusive')).toBe(false)
    expect(tryLock(other, 'shared')).toBe(false)
    unlock(fd)
    expect(tryLock(other, 'exclusive')).toBe(true)
  })

  test('shared locks go together and keep an exclusive one out', () => {
    expect(tryLock(fd, 'shared')).toBe(true)
    expect(tryLock(other, 'shared')).toBe(true)
    expect(tryLock(other, 'exclusive')).toBe(false)
    unlock(fd)
    expect(tryLock(other, 'exclusive')).toBe(true)
  })

  test('an error is not taken for a busy lock', () => {
    expect(() => tryLock(-1, 'shared')).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'flock' }))
  })
})
