// Files that say they have 0 bytes and have content, as those of /proc do: captured with what reading gives, and read again each time,
// since nothing tells whether they changed. A file that is truly empty costs one read, once.

import fs from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CommitOutcome } from '../../src/operations/commit/commit.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { shiftClock } from '../../src/runtime/clock.ts'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'
import { MemoryRows } from '../support/memory-rows.ts'
import { removeTree } from '../support/random-tree.ts'
import { commitIn, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { scratch } from '../support/scratch.ts'

/** Inodes whose stat records say 0 bytes. */
const unsized = vi.hoisted(() => new Set<bigint>())
vi.mock('../../src/runtime/posix/stat-buffer.ts', async (original) => {
  const real = await original<typeof import('../../src/runtime/posix/stat-buffer.ts')>()
  class StatBuffer extends real.StatBuffer {
    override get sizeBytes(): number {
      return unsized.has(this.ino) ? 0 : super.sizeBytes
    }
    override get blocks(): number {
      return unsized.has(this.ino) ? 0 : super.blocks
    }
    override stampInto(target: Uint32Array, at: number): void {
      super.stampInto(target, at)
      if (unsized.has(this.ino)) target.fill(0, at + 6, at + 8)
    }
  }
  return { ...real, StatBuffer }
})

const MIB = 1 << 20
const { at } = scratch()
let store: MemoryStore
let owner: TestOwner
let rows: MemoryRows

beforeEach(async () => {
  fs.mkdirSync(at('tree'))
  store = new MemoryStore()
  owner = await initIn(store)
  rows = new MemoryRows()
})
afterEach(() => {
  vi.restoreAllMocks()
  unsized.clear()
  shiftClock(0)
  removeTree(at('tree'))
})

function commitOf(path: string): Promise<CommitOutcome> {
  return commitIn(store, owner, path, { root: captureRoot([path]), openCache: () => rows })
}

/** The content of the one file of the newest snapshot. */
async function newestContent(): Promise<Buffer> {
  const repository = await openAs(store, owner)
  const { root } = await repository.readManifest(repository.journal.state.snapshots.at(-1)!)
  const [entry] = await Array.fromAsync(repository.readTree(root.content!))
  return Buffer.concat(await Array.fromAsync(repository.readFile(entry!.content!)))
}

function writeUnsized(bytes: Buffer | number): void {
  const file = at('tree', 'file')
  fs.writeFileSync(file, typeof bytes === 'number' ? '' : bytes)
  if (typeof bytes === 'number') fs.truncateSync(file, bytes)
  unsized.add(fs.statSync(file, { bigint: true }).ino)
}

describe.skipIf(!fs.existsSync('/proc/version'))('a file of /proc (needs /proc)', () => {
  test.each(['/proc/version', '/proc/filesystems', '/proc/self/cmdline'])('%s', async (path) => {
    expect(fs.statSync(path).size).toBe(0)
    const { manifest } = await commitOf(path)
    const content = fs.readFileSync(path)
    expect(content.length).toBeGreaterThan(0)
    expect((await newestContent()).equals(content)).toBe(true)
    expect(manifest.problems).toEqual([])
    expect(manifest.statistics).toMatchObject({ files: 1, bytes: content.length })
  })
})

describe('a file that says it is empty', () => {
  test('and has several chunks', async () => {
    const content = Buffer.from(Array.from({ length: 5 * MIB }, (_, i) => (i * i) >> 7))
    writeUnsized(content)
    const { manifest } = await commitOf(at('tree'))
    expect((await newestContent()).equals(content)).toBe(true)
    expect([manifest.complete, manifest.statistics.bytes]).toEqual([true, content.length])
  })

  test('is read again by the next commit', async () => {
    shiftClock(60_000) // the rows count: nothing changed just now
    writeUnsized(Buffer.from('old'))
    const { atimeMs, mtime } = fs.statSync(at('tree', 'file'))
    await commitOf(at('tree'))
    fs.writeFileSync(at('tree', 'file'), 'new')
    fs.utimesSync(at('tree', 'file'), atimeMs / 1000, mtime)
    await commitOf(at('tree'))
    expect((await newestContent()).toString()).toBe('new')
  })

  test('and does not end is a problem of that file', async () => {
    writeUnsized(64 * MIB + 1)
    fs.writeFileSync(at('tree', 'other'), 'unharmed')
    const { manifest } = await commitOf(at('tree'))
    expect(manifest.problems).toMatchObject([{ kind: 'unreadable', message: expect.stringContaining('gives more than') }])
    expect((await newestContent()).toString()).toBe('unharmed')
    expect(manifest.statistics).toMatchObject({ files: 1, bytes: 8 })
  })

  test('and is: it costs one read, and none when it has not changed', async () => {
    fs.writeFileSync(at('tree', 'file'), '')
    const read = vi.spyOn(fs, 'readSync')
    shiftClock(60_000)
    await commitOf(at('tree'))
    expect(read).toHaveBeenCalledTimes(1)
    await commitOf(at('tree'))
    expect(read).toHaveBeenCalledTimes(1)
    expect((await newestContent()).length).toBe(0)
  })

  test('and grows while it is read is read again', async () => {
    fs.writeFileSync(at('tree', 'file'), '')
    const { readSync } = fs
    let isFirst = true
    vi.spyOn(fs, 'readSync').mockImplementation((fd: number, ...rest: [NodeJS.ArrayBufferView]) => {
      if (isFirst) fs.appendFileSync(at('tree', 'file'), 'some bytes')
      isFirst = false
      return readSync(fd, ...rest)
    })
    const { manifest } = await commitOf(at('tree'))
    expect((await newestContent()).toString()).toBe('some bytes')
    expect([manifest.complete, manifest.statistics.bytes]).toEqual([true, 10])
  })
})
