// Hard links of a snapshot whose directories were captured at different times: the numbers of devices change between commits, as after
// a reboot, and inodes that are free come back. Both are simulated: the kernel's answer is changed on its way.

import fs from 'node:fs'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { toHex } from '../../format/bytes.ts'
import { entriesOf, entryAt } from '../../src/operations/snapshot-tree.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { shiftClock } from '../../src/runtime/clock.ts'
import type { Timespec } from '../../src/runtime/posix/file-stat.ts'
import { MemoryRows } from '../support/memory-rows.ts'
import { commitIn, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { scratch } from '../support/scratch.ts'

/** What the kernel says instead, by inode. */
const lies = vi.hoisted(() => new Map<bigint, { dev?: number; ino?: bigint; btime?: Timespec }>())
const shift = vi.hoisted(() => ({ dev: 0 }))
vi.mock('../../src/runtime/posix/stat-buffer.ts', async (original) => {
  const real = await original<typeof import('../../src/runtime/posix/stat-buffer.ts')>()
  class StatBuffer extends real.StatBuffer {
    override get dev(): number {
      return lies.get(super.ino)?.dev ?? super.dev + shift.dev
    }
    override get ino(): bigint {
      return lies.get(super.ino)?.ino ?? super.ino
    }
    override get btime(): Timespec {
      return lies.get(super.ino)?.btime ?? super.btime
    }
  }
  return { ...real, StatBuffer }
})

const { at } = scratch()
let store: MemoryStore
let owner: TestOwner
let rows: MemoryRows
const LATER_MS = 60_000

beforeEach(async () => {
  fs.rmSync(at('tree'), { recursive: true, force: true })
  for (const name of ['a', 'b', 'c']) fs.mkdirSync(at('tree', name), { recursive: true })
  rows = new MemoryRows()
  lies.clear()
  shift.dev = 0
  shiftClock(LATER_MS) // so that what is made here is old enough to be believed
  store = new MemoryStore()
  owner = await initIn(store)
})

afterAll(() => shiftClock(0))

/** Commits the tree; what it read, and the link group of each file. */
async function commitTree() {
  let readBytes = 0
  const { manifest } = await commitIn(store, owner, at('tree'), {
    openCache: () => rows,
    onProgress: (progress) => (readBytes = progress.readBytes),
  })
  const repository = await openAs(store, owner)
  const links: Record<string, string> = {}
  for (const name of ['a', 'b', 'c']) {
    const { entry, path } = await entryAt(repository, manifest.root, Buffer.from(name))
    for await (const file of entriesOf(repository, entry, path)) links[`${name}/${Buffer.from(file.name).toString()}`] = toHex(file.link!)
  }
  return { readBytes, links }
}

function inodeOf(name: string): bigint {
  return fs.statSync(at('tree', name), { bigint: true }).ino
}

/** A file with two names; all that are made so look alike but for their inodes. */
function twoNames(first: string, second: string): void {
  fs.writeFileSync(at('tree', first), 'the same')
  fs.utimesSync(at('tree', first), 1, 1)
  fs.linkSync(at('tree', first), at('tree', second))
}

test('stay together when the number of the device changes and only one directory is read again', async () => {
  twoNames('a/f', 'b/f')
  await commitTree()
  shift.dev = 1
  fs.rmdirSync(at('tree/c'))
  fs.renameSync(at('tree/b'), at('tree/c'))
  fs.mkdirSync(at('tree/b'))
  const { links } = await commitTree()
  expect(links['c/f']).toBe(links['a/f'])
})

test('an unchanged tree is not read again for the sake of the number, and the commit after it changes nothing', async () => {
  twoNames('a/f', 'b/f')
  const before = await commitTree()
  expect(before.readBytes).toBe(16)
  shift.dev = 1
  const moved = await commitTree()
  expect(moved.readBytes).toBe(0)
  expect(moved.links['b/f']).toBe(moved.links['a/f'])
  expect(moved.links['a/f']).not.toBe(before.links['a/f'])
  expect(await commitTree()).toEqual(moved)
})

test('of two devices that have changed their numbers are two files', async () => {
  twoNames('a/f', 'a/g')
  lies.set(inodeOf('a/f'), { dev: 1, ino: 7n, btime: { seconds: 1, nanoseconds: 0 } })
  await commitTree()
  twoNames('b/f', 'b/g')
  lies.set(inodeOf('a/f'), { dev: 2, ino: 7n, btime: { seconds: 1, nanoseconds: 0 } })
  lies.set(inodeOf('b/f'), { dev: 1, ino: 7n, btime: { seconds: 1, nanoseconds: 0 } })
  const { links } = await commitTree()
  expect([links['a/g'], links['b/g']]).toEqual([links['a/f'], links['b/f']])
  expect(links['b/f']).not.toBe(links['a/f'])
})

test('of an inode that came back as another file during the commit are two files', async () => {
  twoNames('a/f', 'a/g')
  twoNames('b/f', 'b/g')
  lies.set(inodeOf('a/f'), { ino: 7n, btime: { seconds: 1, nanoseconds: 0 } })
  lies.set(inodeOf('b/f'), { ino: 7n, btime: { seconds: 1, nanoseconds: 1 } })
  const { links } = await commitTree()
  expect([links['a/g'], links['b/g']]).toEqual([links['a/f'], links['b/f']])
  expect(links['b/f']).not.toBe(links['a/f'])
})
