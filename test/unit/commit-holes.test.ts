// Holes of a file whose count of blocks hides them: blocks beyond its end were allocated ahead, as some programs do before they write.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type * as sparse from '../../src/runtime/posix/sparse.ts'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'
import { commitIn, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { scratch } from '../support/scratch.ts'

const sought = vi.hoisted(() => ({ count: 0 }))
vi.mock('../../src/runtime/posix/sparse.ts', async (original) => {
  const real = await original<typeof sparse>()
  const nextHole: typeof real.nextHole = (...args) => {
    sought.count++
    return real.nextHole(...args)
  }
  return { ...real, nextHole }
})

const MIB = 1 << 20
const PAGE = 4096
const { at } = scratch()
let store: MemoryStore
let owner: TestOwner

beforeEach(async () => {
  fs.mkdirSync(at('tree'))
  store = new MemoryStore()
  owner = await initIn(store)
  sought.count = 0
})
afterEach(() => fs.rmSync(at('tree'), { recursive: true }))

/** Allocates as many blocks as a file has bytes, without making it longer; false where this system cannot. */
function allocateBeyondEnd(file: string): boolean {
  const { size } = fs.statSync(file)
  return spawnSync('fallocate', ['--keep-size', '--offset', `${size + MIB}`, '--length', `${size}`, file]).status === 0
}

/** The lengths of holes in the one file of a commit. */
async function holesOf(): Promise<number[]> {
  await commitIn(store, owner, at('tree'), { root: captureRoot([at('tree')]) })
  const repository = await openAs(store, owner)
  const { root } = await repository.readManifest(repository.journal.state.snapshots.at(-1)!)
  const [entry] = await Array.fromAsync(repository.readTree(root.content!))
  return entry!.content!.items.filter((item) => item.id === undefined).map(({ length }) => length)
}

test.for([
  ['a small file', MIB],
  ['a file of many chunks', 70 * MIB],
] as const)('%s with blocks beyond its end keeps its holes (needs fallocate)', async ([, holeBytes], { skip }) => {
  const file = at('tree', 'file')
  fs.writeFileSync(file, '')
  const fd = fs.openSync(file, 'r+')
  fs.writeSync(fd, Buffer.alloc(PAGE, 'x'), 0, PAGE, holeBytes)
  fs.closeSync(fd)
  if (!allocateBeyondEnd(file)) skip('fallocate does not work here')
  expect(await holesOf()).toEqual([holeBytes])
})

test('a file of less than 1 MiB costs no call that looks for holes', async () => {
  fs.writeFileSync(at('tree', 'file'), Buffer.alloc(MIB - 1, 'x'))
  expect(await holesOf()).toEqual([])
  expect(sought.count).toBe(0)
})
