// A damaged pack must not live on in later snapshots: once verification has found it, the next commit stores its chunks again.
// LESSONS: "an interrupted compact left a stale cache that claimed deleted objects, so later backups dangled".

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CaptureRows } from '../../src/control/catalog/capture-rows.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { issuePermit } from '../../src/runtime/permit.ts'
import { bytes, removeTree } from '../support/random-tree.ts'
import { commitIn, initIn, openAs } from '../support/repository.ts'
import { linesInSnapshot, linesOnDisk } from '../support/tree.ts'

let directory: string

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-heal-'))
  for (let i = 0; i < 20; i++) fs.writeFileSync(path.join(directory, `file-${i}`), bytes(i, 5000))
})

afterEach(() => removeTree(directory))

async function dataPacks(store: MemoryStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('packs/data/')) keys.push(key)
  return keys
}

test('a commit does not deduplicate against a pack that is gone', async () => {
  const store = new MemoryStore()
  const owner = await initIn(store)
  await commitIn(store, owner, directory)
  for (const key of await dataPacks(store))
    await store.remove(
      key,
      issuePermit('test', () => true),
    )
  await commitIn(store, owner, directory)
  const repository = await openAs(store, owner)
  expect(await linesInSnapshot(repository, repository.journal.state.snapshots.at(-1)!)).toEqual(linesOnDisk(directory))
})

test('rows of the catalog do not stand for a pack that is gone, or was cut', async () => {
  for (const damage of ['gone', 'cut'] as const) {
    const store = new MemoryStore()
    const owner = await initIn(store)
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-rows-'))
    const commitWithRows = async () => {
      let rows: CaptureRows | undefined
      const outcome = await commitIn(store, owner, directory, { openCache: (held) => (rows = CaptureRows.open(home, ['scope'], held)) })
      rows!.keep(outcome.reliesOn)
      return outcome
    }
    await commitWithRows()
    expect((await commitWithRows()).newBytes).toBe(0)
    for (const key of await dataPacks(store)) {
      const bytes = (await store.get(key, { maxBytes: 1 << 26 }))!
      await store.remove(
        key,
        issuePermit('test', () => true),
      )
      if (damage === 'cut') await store.put(key, bytes.subarray(0, 2000))
    }
    const healed = await commitWithRows()
    expect(healed.newBytes, damage).toBeGreaterThanOrEqual(20 * 5000)
    const repository = await openAs(store, owner)
    expect(await linesInSnapshot(repository, repository.journal.state.snapshots.at(-1)!)).toEqual(linesOnDisk(directory))
    removeTree(home)
  }
})

test('a commit stores the chunks of a pack again that verification found damaged', async () => {
  const store = new MemoryStore()
  const owner = await initIn(store)
  await commitIn(store, owner, directory)
  const [key] = await dataPacks(store)
  const damagedPacks = new Set([key!.slice(-64)])
  const { newBytes } = await commitIn(store, owner, directory, { damagedPacks })
  expect(newBytes).toBeGreaterThanOrEqual(20 * 5000)
  expect((await dataPacks(store)).length).toBe(2)
})
