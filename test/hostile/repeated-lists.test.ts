// Lists that name one another again and again: a few kilobytes that stand for billions of pieces of one file.

import fs from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { planRestore, runRestore } from '../../src/operations/restore/restore.ts'
import { snapshotStats } from '../../src/operations/stats/stats.ts'
import type { SnapshotRecord } from '../../src/repository/journal/state.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { commitForged } from '../support/forged-commit.ts'
import { reopen, repositoryFixture } from '../support/repository-fixture.ts'
import { scratch } from '../support/scratch.ts'

const { at } = scratch()
const CHUNK = Buffer.alloc(512, 'x')

let repository: Repository

/** A snapshot of one file: `width` to the power of `levels` times a chunk. */
async function forged(chunk: Uint8Array, width: number, levels: number): Promise<SnapshotRecord> {
  const { store, identity, repository: writer } = await repositoryFixture()
  const snapshot = await commitForged(writer, (forge) => forge.directory([forge.repeatedFile('file', chunk, width, levels)]))
  repository = await reopen(store, identity)
  return snapshot
}

beforeEach(() => fs.mkdirSync(at('place'), { recursive: true }))

describe('a file of lists', () => {
  // LESSONS: endless lists: caps before work.
  test('whose pieces are finer than the format allows is refused by all that walk it', async () => {
    const snapshot = await forged(Buffer.from('x'), 4096, 3)
    const { root } = await repository.readManifest(snapshot)
    await expect(planRestore(repository, snapshot, { to: at('place/to') })).rejects.toMatchObject({ code: 'stream-too-fine' })
    await expect(snapshotStats(repository, root)).rejects.toMatchObject({ code: 'stream-too-fine' })
  })

  test('that has no room in the target is refused before it is followed, and says how much it needs at least', async () => {
    const snapshot = await forged(CHUNK, 4096, 3)
    for (const countsOnly of [true, false]) {
      const work = planRestore(repository, snapshot, { to: at('place/to'), countsOnly })
      await expect(work).rejects.toMatchObject({ code: 'target-no-space', fields: { leastBytes: 512 * 4096 ** 3 } })
    }
  })

  test('is counted without being followed', async () => {
    const snapshot = await forged(CHUNK, 1024, 2)
    const options = { to: at('place/to'), countsOnly: true, memoryBytes: 1 << 20 }
    const plan = await planRestore(repository, snapshot, options)
    expect(plan).toMatchObject({ files: 1, bytes: 512 * 1024 ** 2, chunks: 1024 ** 2, blocks: 1, packs: 1 })
    await expect(runRestore(repository, plan)).rejects.toThrow('counts only')
    const { root } = await repository.readManifest(snapshot)
    expect(await snapshotStats(repository, root)).toMatchObject({ rawBytes: 512 * 1024 ** 2, deduplicatedBytes: 512, chunks: 1 })
  })

  test('whose plan would take more memory than it may is refused before it is followed', async () => {
    const snapshot = await forged(CHUNK, 1024, 2)
    const work = planRestore(repository, snapshot, { to: at('place/to'), memoryBytes: 1 << 20 })
    await expect(work).rejects.toMatchObject({ name: 'StopError', code: 'plan-too-large' })
  })

  test('that is no larger than it says is restored', async () => {
    const snapshot = await forged(CHUNK, 20, 2)
    await runRestore(repository, await planRestore(repository, snapshot, { to: at('place/to') }))
    expect(fs.readFileSync(at('place/to/file')).equals(Buffer.alloc(512 * 400, 'x'))).toBe(true)
  })
})

describe('many entries', () => {
  test('more than a plan may hold are refused', async () => {
    const { store, identity, repository: writer } = await repositoryFixture()
    const snapshot = await commitForged(writer, (forge) => forge.repeated(forge.directory([]), 100, 6))
    const work = planRestore(await reopen(store, identity), snapshot, { to: at('place/to'), memoryBytes: 4 << 20 })
    await expect(work).rejects.toMatchObject({ code: 'plan-too-large' })
  })
})
