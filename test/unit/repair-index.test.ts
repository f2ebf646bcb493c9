// What an owner's `repair index` may put its name to, and what it may not (SPEC §6.4).

import fs from 'node:fs'
import { expect, test } from 'vitest'
import { CHUNK_DATA, CHUNK_TREE, PACK_DATA } from '../../format/pack.ts'
import { packKey } from '../../format/store-key.ts'
import { repairIndex } from '../../src/operations/repair/repair-index.ts'
import { createIdentity } from '../../src/repository/crypto/identity.ts'
import { EncapsulationKey } from '../../src/repository/crypto/x-wing.ts'
import { openPack } from '../../src/repository/objects/pack-directories.ts'
import { listSegments, writeSegment } from '../../src/repository/objects/segments.ts'
import { PACK_MEMORY_BYTES, PackWriter } from '../../src/repository/pack/pack-writer.ts'
import type { Repository } from '../../src/repository/repository.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { issuePermit } from '../../src/runtime/permit.ts'
import { commitDirectory, reopen, repositoryFixture } from '../support/repository-fixture.ts'
import { makeSampleTree } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'

const { at } = scratch()

/** A repository with one snapshot; its owner, who has read nothing yet. */
async function filled(name: string) {
  fs.mkdirSync(at(name))
  makeSampleTree(at(name, 'tree'))
  const made = await repositoryFixture()
  await commitDirectory(made.repository, at(name, 'tree'))
  return { ...made, owner: () => reopen(made.store, made.identity) }
}

async function remove(store: ObjectStore, keys: readonly string[]): Promise<void> {
  const permit = issuePermit('test', () => true)
  for (const key of keys) await store.remove(key, permit)
}

async function addWriter({ journal, signing }: Repository) {
  const writer = createIdentity().signing
  const add = [{ key: writer.publicKey, roles: ['writer' as const] }]
  await journal.append({ event: 'permission_change', clear: { add, remove: [] }, details: { labels: {}, series: {}, reason: '' }, signing })
  return writer
}

async function firstPack(repository: Repository, kind: 'data' | 'tree' = 'data') {
  const [first] = await Array.fromAsync(repository.store.list(`packs/${kind}/`))
  const { key } = first!
  return { key, ...(await openPack(repository.store, repository.packs, key)) }
}

/** What a hostile writer would leave: a pack that opens, and whose directory promises a chunk that is not in it; its store key. */
async function lyingPack(repository: Repository): Promise<string> {
  const { epoch, key } = repository.sealing
  const writer = new PackWriter(
    PACK_DATA,
    { repository: repository.id, epoch, sealing: new EncapsulationKey(key), level: 3 },
    new Uint8Array(PACK_MEMORY_BYTES),
  )
  const { id } = (await firstPack(repository)).blocks[0]!.chunks[0]!
  writer.addBlock(Buffer.alloc(1000, 7), [{ kind: CHUNK_DATA, length: 1000, id }], 'stored')
  const pack = writer.finish()
  await repository.store.put(packKey(pack.kind, pack.id), pack.bytes)
  return packKey(pack.kind, pack.id)
}

test('where only owners ever wrote, directories are believed; where others could, packs are read in full', async () => {
  const { store, owner } = await filled('proven')
  await remove(store, await listSegments(store))
  expect(await repairIndex(await owner())).toMatchObject({ packsProven: 0, unreadable: [] })
  await addWriter(await owner())
  await remove(store, await listSegments(store))
  const outcome = await repairIndex(await owner())
  expect(outcome.packsProven).toBe(outcome.packs)
  expect(outcome.packsIndexed).toBe(outcome.packs)
})

test('a pack whose directory names chunks that it does not hold never comes under an owner’s name', async () => {
  const { store, owner } = await filled('lying-pack')
  const repository = await owner()
  await addWriter(repository)
  const { pack } = await firstPack(repository)
  const key = await lyingPack(repository)
  await remove(store, await listSegments(store))
  const outcome = await repairIndex(await owner())
  expect(outcome.unreadable.map(({ object }) => object)).toEqual([key])
  const healed = await (await owner()).index()
  expect(healed.packs.some(({ id }) => Buffer.from(id).equals(pack.id))).toBe(true)
  expect(healed.packs).toHaveLength(outcome.packs - 1)
})

test('a data pack that holds a chunk of a tree does not make later commits leave that tree out', async () => {
  const { store, owner } = await filled('wrong-kind')
  const repository = await owner()
  await addWriter(repository)
  const raw = Buffer.alloc(1000, 7)
  const id = repository.identity.id(CHUNK_TREE, raw)
  const { epoch, key } = repository.sealing
  const writer = new PackWriter(
    PACK_DATA,
    { repository: repository.id, epoch, sealing: new EncapsulationKey(key), level: 3 },
    new Uint8Array(PACK_MEMORY_BYTES),
  )
  writer.addBlock(raw, [{ kind: CHUNK_TREE, length: raw.length, id }], 'stored')
  const pack = writer.finish()
  await store.put(packKey(pack.kind, pack.id), pack.bytes)
  const outcome = await repairIndex(await owner())
  expect(outcome.unreadable.map(({ object }) => object)).toEqual([packKey(pack.kind, pack.id)])
  expect((await (await owner()).index()).has(id)).toBe(false)
})

test('a segment that says something else of a pack than the pack itself is superseded, and what it alone named is named anew', async () => {
  const { store, owner } = await filled('lying-segment')
  const repository = await owner()
  const writer = await addWriter(repository)
  const honest = await listSegments(store)
  const [data, tree] = [await firstPack(repository), await firstPack(repository, 'tree')]
  await remove(store, honest)
  const keys = { repository: repository.id, indexKey: repository.writeKeys.index, signing: writer }
  const shortIds = Uint8Array.from(data.pack.shortIds, (byte) => byte ^ 1)
  const lie = await writeSegment(store, [{ ...data.pack, shortIds }, tree.pack], keys)
  const outcome = await repairIndex(await owner())
  expect(outcome.superseded.map(({ object }) => object)).toEqual([lie.key])
  expect(outcome).toMatchObject({ packsIndexed: 2, kept: [] })
  expect(await store.size(lie.key), 'nothing is deleted').toBe(lie.storedBytes)
  expect((await (await owner()).loadedIndex()).segments).toEqual(outcome.segments)
  expect(await repairIndex(await owner())).toMatchObject({ packsIndexed: 0, superseded: [], segments: [] })
})

test('a segment that is wrong stays in use while it alone knows of a pack that does not open', async () => {
  const { store, owner } = await filled('kept')
  const repository = await owner()
  const writer = await addWriter(repository)
  const [data, tree] = [await firstPack(repository), await firstPack(repository, 'tree')]
  await remove(store, [...(await listSegments(store)), tree.key])
  await store.put(tree.key, Buffer.alloc(tree.pack.packBytes))
  const keys = { repository: repository.id, indexKey: repository.writeKeys.index, signing: writer }
  const shortIds = Uint8Array.from(data.pack.shortIds, (byte) => byte ^ 1)
  const lie = await writeSegment(store, [{ ...data.pack, shortIds }, tree.pack], keys)
  expect(await repairIndex(await owner())).toMatchObject({
    superseded: [],
    kept: [{ object: lie.key }],
    unreadable: [{ object: tree.key }],
    packsIndexed: 1,
  })
})

test('only an owner may', async () => {
  const { repository, owner } = await filled('roles')
  const writer = await addWriter(repository)
  const opened = await owner()
  Object.defineProperty(opened, 'signing', { value: writer })
  await expect(repairIndex(opened)).rejects.toMatchObject({ name: 'AccessError', code: 'role' })
})
