// What a restore asks of the store: each block is fetched and opened once, however its chunks are scattered over the tree.

import fs from 'node:fs'
import { expect, test, vi } from 'vitest'
import { planRestore, runRestore } from '../../src/operations/restore/restore.ts'
import { PackReader } from '../../src/repository/pack/pack-reader.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { GetOptions } from '../../src/repository/store/object-store.ts'
import { commitIn, initIn, openAs } from '../support/repository.ts'
import { noise } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'
import { keysOf } from '../support/stored-objects.ts'
import { linesOnDisk } from '../support/tree.ts'

const PACKS = 6
const DIRECTORIES = 20
const FILE_BYTES = 10_000

const { at } = scratch()

class CountingStore extends MemoryStore {
  readonly reads: string[] = []

  override get(key: string, options: GetOptions): Promise<Buffer | undefined> {
    this.reads.push(key)
    return super.get(key, options)
  }
}

test('each block is fetched and opened once', async () => {
  const store = new CountingStore()
  const owner = await initIn(store)
  // Commit i brings file i of each directory: a walk of the tree comes to another pack with each file.
  for (let pack = 0; pack < PACKS; pack++) {
    for (let directory = 0; directory < DIRECTORIES; directory++) {
      fs.mkdirSync(at('tree', String(directory)), { recursive: true })
      fs.writeFileSync(at('tree', String(directory), String(pack)), noise(100 * pack + directory, FILE_BYTES))
    }
    await commitIn(store, owner, at('tree'))
  }
  const packs = (await keysOf(store)).filter((key) => key.startsWith('packs/data/'))
  expect(packs).toHaveLength(PACKS)

  const repository = await openAs(store, owner)
  const plan = await planRestore(repository, repository.journal.state.snapshots.at(-1)!, { to: at('target') })
  expect(plan).toMatchObject({ blocks: PACKS, packs: PACKS, chunks: PACKS * DIRECTORIES })
  const opened = vi.spyOn(PackReader.prototype, 'openBlock')
  store.reads.length = 0
  await runRestore(repository, plan)
  expect(opened).toHaveBeenCalledTimes(PACKS)
  expect(store.reads.filter((key) => key.startsWith('packs/')).sort()).toEqual(packs)
  expect(linesOnDisk(at('target'))).toEqual(linesOnDisk(at('tree')))
})
