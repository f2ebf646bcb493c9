// Images of read-only file systems, one mounted after the other at the same place: inode, size and times are the same, the content is not.
// Both the times and the type of the file system are simulated.

import fs from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CommitOutcome } from '../../src/operations/commit/commit.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { Timespec } from '../../src/runtime/posix/file-stat.ts'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'
import { MemoryRows } from '../support/memory-rows.ts'
import { commitIn, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { scratch } from '../support/scratch.ts'

const FIXED = vi.hoisted((): Timespec => ({ seconds: 1_000_000_000, nanoseconds: 0 }))
vi.mock('../../src/runtime/posix/stat-buffer.ts', async (original) => {
  const real = await original<typeof import('../../src/runtime/posix/stat-buffer.ts')>()
  class StatBuffer extends real.StatBuffer {
    override get mtime(): Timespec {
      return FIXED
    }
    override get ctime(): Timespec {
      return FIXED
    }
    override stampInto(target: Uint32Array, at: number): void {
      super.stampInto(target, at)
      target.set([FIXED.seconds, 0, 0, FIXED.seconds, 0, 0], at + 8)
    }
  }
  return { ...real, StatBuffer }
})

const EXT4 = 0xef53
const { at } = scratch()
let store: MemoryStore
let owner: TestOwner
let rows: MemoryRows
beforeEach(async () => {
  fs.mkdirSync(at('tree/a/b'), { recursive: true })
  fs.writeFileSync(at('tree/a/b/file'), 'one')
  store = new MemoryStore()
  owner = await initIn(store)
  rows = new MemoryRows()
})
afterEach(() => {
  vi.restoreAllMocks()
  fs.rmSync(at('tree'), { recursive: true })
})

function commitTree(): Promise<CommitOutcome> {
  return commitIn(store, owner, at('tree'), { root: captureRoot([at('tree')]), openCache: () => rows })
}

/** The content of the file in the newest snapshot. */
async function newest(): Promise<string> {
  const repository = await openAs(store, owner)
  let { root: entry } = await repository.readManifest(repository.journal.state.snapshots.at(-1)!)
  for (const _ of ['a', 'b', 'file']) [entry] = (await Array.fromAsync(repository.readTree(entry.content!))) as [typeof entry]
  return Buffer.concat(await Array.fromAsync(repository.readFile(entry.content!))).toString()
}

function pretend(type: number) {
  const { statfsSync } = fs
  return vi
    .spyOn(fs, 'statfsSync')
    .mockImplementation(((path: string) => Object.assign(statfsSync(path), { type })) as typeof fs.statfsSync)
}

test.each([
  ['squashfs', 0x73717368],
  ['ISO 9660', 0x9660],
  ['UDF', 0x15013346],
  ['EROFS', 0xe0f5e1e2 | 0], // a number of 32 bits with a sign, on some systems
  ['cramfs', 0x28cd3d45],
])('what lies in an image of %s is read again each time, and asked for once a device', async (_, type) => {
  const asked = pretend(type)
  await commitTree()
  fs.writeFileSync(at('tree/a/b/file'), 'two')
  const second = await commitTree()
  expect([await newest(), second.manifest.statistics.changedFiles]).toEqual(['two', 1])
  expect(asked).toHaveBeenCalledTimes(1)
  const third = await commitTree()
  expect([await newest(), third.manifest.statistics.changedFiles]).toEqual(['two', 0])
})

test('elsewhere the stat record decides', async () => {
  pretend(EXT4)
  await commitTree()
  fs.writeFileSync(at('tree/a/b/file'), 'two')
  await commitTree()
  expect(await newest()).toBe('one')
})
