// The room of restored files: given at once where the content fills the file, never where it has holes, and known to be missing before
// the first byte is written.

import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ENTRY_FILE, type Entry } from '../../format/tree.ts'
import { type Piece, writePieces } from '../../src/targets/content.ts'
import { DirectoryTableBuilder } from '../../src/targets/directory-table.ts'
import { currentRestorer } from '../../src/targets/metadata.ts'
import { mayCompress } from '../../src/targets/room.ts'
import { Staging } from '../../src/targets/staging.ts'
import { TreeWriter } from '../../src/targets/tree-writer.ts'
import { countedProperties } from '../support/properties.ts'
import { SmallDisk, whyNoSmallDisk } from '../support/small-disk.ts'

const property = countedProperties('property-pieces')

const MEBIBYTE = 1 << 20
const why = whyNoSmallDisk()
if (why !== undefined) console.warn(why)

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cairn-space-'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

/** Allocates a file of `sizeBytes` in a new staging tree below `where`; the bytes of disk that it has then. */
function allocated(where: string, sizeBytes: number, coveredBytes: number): { readonly sizeBytes: number; readonly diskBytes: number } {
  const staging = Staging.create(join(where, 'target'))
  try {
    const report = (problem: unknown): void => expect.unreachable(JSON.stringify(problem))
    const table = new DirectoryTableBuilder().build()
    const writer = new TreeWriter({ table, rootFd: staging.treeFd, device: staging.device, restorer: currentRestorer(), report })
    const content = { size: sizeBytes, depth: 0, items: [] }
    const mtime = { seconds: 0, nanoseconds: 0 }
    const entry: Entry = { name: Buffer.from('large'), type: ENTRY_FILE, mode: 0o600, uid: 0, gid: 0, mtime, content }
    expect(writer.allocateFile({ directory: 0, entry }, coveredBytes)).toBeDefined()
    const { size, blocks } = statSync(join(where, staging.name, 'tree', 'large'))
    return { sizeBytes: size, diskBytes: blocks * 512 }
  } finally {
    staging.abort()
  }
}

describe('a file that is written piece by piece', () => {
  test('has room for all of it at once when its content fills it', () => {
    const { sizeBytes, diskBytes } = allocated(base, 8 * MEBIBYTE + 5, 8 * MEBIBYTE + 5)
    expect(sizeBytes).toBe(8 * MEBIBYTE + 5)
    expect(diskBytes).toBeGreaterThanOrEqual(8 * MEBIBYTE)
  })

  test('is a hole when its content leaves holes', () => {
    expect(allocated(base, 8 * MEBIBYTE, 4 * MEBIBYTE)).toEqual({ sizeBytes: 8 * MEBIBYTE, diskBytes: 0 })
  })

  test.skipIf(why !== undefined)('fails before its first byte when the disk has no room for it', () => {
    const disk = SmallDisk.mount(join(base, 'disk'), { bytes: 4 * MEBIBYTE })
    try {
      const full = expect.objectContaining({ name: 'StoreError', code: 'target-no-space' })
      expect(() => allocated(disk.path, 8 * MEBIBYTE, 8 * MEBIBYTE)).toThrow(full)
      expect(allocated(disk.path, MEBIBYTE, MEBIBYTE).diskBytes).toBe(MEBIBYTE)
    } finally {
      disk.unmount()
    }
  })

  test.skipIf(why !== undefined)('is a hole on a file system that reserves nothing', () => {
    const where = join(base, 'ramfs')
    mkdirSync(where)
    execFileSync('mount', ['-t', 'ramfs', 'cairn-test', where])
    try {
      expect(allocated(where, MEBIBYTE, MEBIBYTE)).toEqual({ sizeBytes: MEBIBYTE, diskBytes: 0 })
    } finally {
      execFileSync('umount', ['--lazy', where])
    }
  })
})

test('what cannot be looked at may compress', () => {
  expect(mayCompress(join(base, 'absent'))).toBe(true)
  expect(mayCompress('/proc/self')).toBe(false)
})

/** Cuts of one memory, each with the gap in the file before it; and whether it stands alone in memory of its own. */
const cuts = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 40 }), gap: fc.constantFrom(0, 0, 0, 7), own: fc.boolean() }), {
  maxLength: 12,
})

property([cuts])('pieces come to lie where they belong, whether or not they adjoin in memory', (list) => {
  const memory = Buffer.alloc(600)
  for (let i = 0; i < memory.length; i++) memory[i] = (i * 31) % 251
  const expected = Buffer.alloc(600)
  const pieces: Piece[] = []
  let from = 0
  let at = 0
  for (const { bytes, gap, own } of list) {
    at += gap
    const piece = memory.subarray(from, from + bytes)
    expected.set(piece, at)
    pieces.push({ bytes: own ? Uint8Array.from(piece) : piece, at })
    from += bytes
    at += bytes
  }
  const path = join(base, 'pieces')
  rmSync(path, { force: true })
  const fd = openSync(path, 'w')
  writePieces(fd, pieces)
  closeSync(fd)
  expect(readFileSync(path)).toEqual(expected.subarray(0, pieces.length === 0 ? 0 : at))
})
