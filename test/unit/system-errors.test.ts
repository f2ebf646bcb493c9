// What the system refuses is nobody's defect, whichever number it gives: libuv knows about half of Linux's, and a damaged file system, a
// quota, a file server or an encrypted directory answers with others. Errors are made as Node and our binding throw them.

import { getSystemErrorMessage, getSystemErrorName } from 'node:util'
import { deflateSync, inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { exitCodeOf } from '../../cli/exit-codes.ts'
import { ENTRY_FILE } from '../../format/tree.ts'
import { homeError, isHomeFailure } from '../../src/control/catalog/home-errors.ts'
import { readDirectoryXattrs } from '../../src/operations/commit/directory-xattrs.ts'
import { problemOf } from '../../src/operations/commit/read-file.ts'
import type { Change } from '../../src/operations/diff/change.ts'
import { type DiffSides, diff } from '../../src/operations/diff/diff.ts'
import { storeError } from '../../src/repository/store/file-system-errors.ts'
import { PosixError } from '../../src/runtime/posix/posix-error.ts'
import { systemCodeOf, systemMessageOf } from '../../src/runtime/posix/system-code.ts'
import { plainError, reviveError } from '../../src/runtime/worker-messages.ts'
import type { DirectoryHandle } from '../../src/sources/filesystem/directory-handle.ts'
import { unreadableRoot } from '../../src/sources/filesystem/unreadable-root.ts'
import { entryFailure } from '../../src/targets/problem.ts'

const DEFECT = 70
const NUMBERS = [...Array.from({ length: 133 }, (_, index) => index + 1), 512, 524]

/** As node:fs throws it. */
function nodeError(errno: number): Error {
  const code = getSystemErrorName(-errno)
  return Object.assign(new Error(`${code}: ${getSystemErrorMessage(-errno)}, read`), { errno: -errno, code, syscall: 'read' })
}

const FORMS: Readonly<Record<string, (errno: number) => Error>> = {
  'node:fs': nodeError,
  'the binding': (errno) => new PosixError(errno, 'openat', Buffer.from('name')),
  'a thread': (errno) => reviveError(structuredClone(plainError(nodeError(errno)))),
}

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

function refuse(error: Error): () => never {
  return () => {
    throw error
  }
}

/** What a comparison says of a file that cannot be read. */
function comparison(error: Error): Promise<Change[]> {
  const xattrs = refuse(error)
  const entry = { name: Buffer.alloc(0), type: ENTRY_FILE, mtime: { seconds: 0, nanoseconds: 0 } }
  const none = (): undefined => undefined
  const sides = { before: { entry, xattrs }, after: { entry, xattrs }, missedBefore: none, missedAfter: none }
  return Array.fromAsync(diff(sides as unknown as DiffSides))
}

describe.each(Object.entries(FORMS))('an error of %s', (_, make) => {
  test.each(NUMBERS)('%i is no defect of a commit, a comparison, a store, a target or a home', async (errno) => {
    const error = make(errno)
    expect(systemCodeOf(error)).toMatch(/^E[A-Z0-9]+$/)
    expect(problemOf(error).kind).toMatch(/^(unreadable|vanished)$/)
    const handle = { xattrs: refuse(error) } as unknown as DirectoryHandle
    expect(await comparison(error)).toMatchObject([{ kind: 'unreadable', message: systemMessageOf(error) }])
    expect(readDirectoryXattrs(handle, () => Buffer.alloc(0)).problem).toBe(systemMessageOf(error))
    const told = [storeError(error, 'read', '/store'), homeError(error, '/home'), unreadableRoot('/tree', error)]
    expect(told.map(exitCodeOf)).not.toContain(DEFECT)
    expect(isHomeFailure(error)).toBe(true)
    const fatal = thrownBy(() => entryFailure(error))
    if (fatal !== undefined) expect(exitCodeOf(fatal)).toBe(30)
  })
})

test.each([
  [5, 'EIO: i/o error, read'],
  [116, 'ESTALE: stale file handle, read'],
  [117, 'EUCLEAN: structure needs cleaning, read'],
  [122, 'EDQUOT: disk quota exceeded, read'],
  [126, 'ENOKEY: required key not available, read'],
  [57, 'ERRNO57: system error 57, read'],
])('%i is told as %s', (errno, message) => {
  for (const make of [nodeError, FORMS['a thread']!]) {
    expect(problemOf(make(errno))).toEqual({ kind: 'unreadable', message })
    expect(systemCodeOf(make(errno))).toBe(message.split(':')[0])
  }
  expect(new PosixError(errno, 'read').message).toBe(message)
})

test.each([28, 122])('%i ends a restore, and is a full disk to store and home', (errno) => {
  for (const make of Object.values(FORMS)) {
    expect(thrownBy(() => entryFailure(make(errno)))).toMatchObject({ name: 'StoreError', code: 'target-no-space' })
    expect(storeError(make(errno), 'write', '/store')).toMatchObject({ code: 'store-no-space' })
    expect(homeError(make(errno), '/home')).toMatchObject({ code: 'home-no-space' })
  }
})

test.each([5, 74, 116, 117, 121, 123, 133])('%i of a target is its disk that failed', (errno) => {
  for (const make of Object.values(FORMS))
    expect(thrownBy(() => entryFailure(make(errno)))).toMatchObject({ name: 'StoreError', code: 'target-io' })
})

test("what is none of the system's stays a defect", () => {
  const zlib = thrownBy(() => inflateSync(deflateSync('text').subarray(2))) as Error
  expect(zlib).toHaveProperty('errno', expect.any(Number))
  for (const error of [zlib, new TypeError('x'), Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' })]) {
    expect(systemCodeOf(error)).toBeUndefined()
    expect(thrownBy(() => problemOf(error))).toBe(error)
    expect(thrownBy(() => entryFailure(error))).toBe(error)
    expect(homeError(error, '/home')).toBe(error)
    expect(storeError(error, 'read', '/store')).toBe(error)
  }
})
