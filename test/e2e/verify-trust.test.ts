// Whom a verification vouches for, and what it remembers: attestations, hostile writers' segments, samples.

import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { toHex } from '../../format/bytes.ts'
import type { IdentityFile } from '../../format/identity-file.ts'
import type { SegmentPack } from '../../format/index-segment.ts'
import { heldObjects } from '../../src/operations/commit/held-objects.ts'
import { trustedShortIds } from '../../src/operations/commit/trusted-chunks.ts'
import { exportWriter } from '../../src/operations/key/add.ts'
import { choosePacks, type VerifiedPack, type VerifyMemory } from '../../src/operations/verify/sample.ts'
import { verify } from '../../src/operations/verify/verify.ts'
import { writeSegment } from '../../src/repository/objects/segments.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { commitDirectory, reopen, repositoryFixture } from '../support/repository-fixture.ts'
import { noise } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'
import { flip, storeFiles, VerifyPlace } from '../support/verify-place.ts'

const { at } = scratch()

/** Makes a writer of one series, and opens the repository as that writer. */
async function writer(owner: Repository, store: ObjectStore, series: string): Promise<Repository> {
  let identity: IdentityFile | undefined
  await exportWriter(owner, { series: [series], label: series, keep: async (made) => void (identity = made) })
  return reopen(store, identity!)
}

/** The packs that a repository's index names, as segments say it. */
async function packsOf(repository: Repository): Promise<SegmentPack[]> {
  const index = await repository.index()
  return index.packs.map((pack) => index.segmentPackOf(pack))
}

describe("a writer's packs", () => {
  let store: ObjectStore
  let owner: IdentityFile
  let mallory: Repository
  let alice: Repository

  beforeEach(async () => {
    store = new MemoryStore()
    const { identity, repository } = await repositoryFixture(store)
    owner = identity
    mallory = await writer(repository, store, 'm')
    alice = await writer(repository, store, 'a')
    fs.mkdirSync(at('tree'), { recursive: true })
    fs.writeFileSync(at('tree/f'), noise(1, 100_000))
    await commitDirectory(mallory, at('tree'), 'm')
  })

  async function trusts(repository: Repository, id: Uint8Array): Promise<boolean> {
    await repository.journal.refresh()
    const { packs } = await heldObjects(repository.store)
    const columns = await trustedShortIds(repository, packs, new Set())
    return columns.some((column) => column.indexOf(id) % 16 === 0)
  }

  test('are trusted by other writers once a reader has read them, and not before', async () => {
    const [pack] = await packsOf(await reopen(store, owner))
    const first = pack!.shortIds.subarray(0, 16)
    expect(await trusts(alice, first)).toBe(false)
    const outcome = await verify(await reopen(store, owner), { dataShare: 1 })
    expect(outcome).toMatchObject({ ok: true, data: { attested: outcome.packs.count } })
    expect(await trusts(alice, first)).toBe(true)
    // Nothing is attested twice.
    expect(await verify(await reopen(store, owner), { dataShare: 1 })).toMatchObject({ data: { attested: 0 } })
  })

  test('the structure alone attests nothing', async () => {
    await verify(await reopen(store, owner))
    const [pack] = await packsOf(await reopen(store, owner))
    expect(await trusts(alice, pack!.shortIds.subarray(0, 16))).toBe(false)
  })

  test('a segment that announces chunks that do not exist, in a pack that was attested, deceives nobody', async () => {
    await verify(await reopen(store, owner), { dataShare: 1 })
    const [pack] = await packsOf(mallory)
    const wanted = Buffer.alloc(16, 0xee)
    const lie: SegmentPack = { ...pack!, shortIds: Buffer.concat([wanted, pack!.shortIds.subarray(16)]) }
    const { key } = await writeSegment(store, [lie], {
      repository: mallory.id,
      indexKey: mallory.writeKeys.index,
      signing: mallory.signing,
    })
    expect(await trusts(alice, wanted)).toBe(false)
    const { ok, problems, data } = await verify(await reopen(store, owner), { dataShare: 1 })
    expect(ok).toBe(false)
    expect(problems).toMatchObject([{ kind: 'segment', object: key, paths: [] }])
    expect(data!.attested).toBe(0)
  })

  test('a writer verifies nothing, and attests nothing', async () => {
    await expect(verify(alice, { dataShare: 1 })).rejects.toMatchObject({ name: 'KeyError', code: 'no-read-key' })
    await expect(verify(alice)).rejects.toMatchObject({ name: 'KeyError', code: 'no-read-key' })
    const [pack] = await packsOf(mallory)
    await expect(
      alice.journal.append({ event: 'attest', clear: { packs: Buffer.from(pack!.id) }, signing: alice.signing }),
    ).rejects.toMatchObject({ code: 'role' })
  })

  test("a writer's segment supersedes nobody's", async () => {
    const repository = await reopen(store, owner)
    fs.writeFileSync(at('tree/g'), noise(2, 1000))
    await commitDirectory(repository, at('tree'), 'o')
    const before = (await (await reopen(store, owner)).loadedIndex()).segments
    const ids = before.map((key) => Buffer.from(key.slice('index/'.length), 'hex'))
    const keys = { repository: mallory.id, indexKey: mallory.writeKeys.index, signing: mallory.signing }
    await writeSegment(store, [], keys, ids)
    const after = (await (await reopen(store, owner)).loadedIndex()).segments
    expect(before.every((key) => after.includes(key))).toBe(true)
    await writeSegment(store, [], { ...keys, signing: repository.signing }, ids)
    const last = (await (await reopen(store, owner)).loadedIndex()).segments
    expect(last.some((key) => before.includes(key))).toBe(false)
  })
})

describe('samples', () => {
  const listed = (id: number, packBytes: number) => ({ key: `${id}`, id: Buffer.alloc(32, id), kind: 1 as const, packBytes })
  const packs = [1, 2, 3, 4, 5].map((id) => listed(id, 100))
  const chosen = (memory: ReadonlyMap<string, VerifiedPack>, share: number): string[] =>
    choosePacks(packs, memory, share).map(({ key }) => key)
  const known = (facts: Readonly<Record<number, [at: number, ok: boolean]>>): Map<string, VerifiedPack> =>
    new Map(Object.entries(facts).map(([id, [when, ok]]) => [toHex(Buffer.alloc(32, Number(id))), { at: when, ok }]))

  test('what was never verified comes first, then the oldest', () => {
    expect(chosen(known({ 1: [5, true], 2: [3, true], 3: [4, true], 4: [9, true] }), 0.5)).toEqual(['5', '2', '3'])
  })

  test('what was damaged is always read again', () => {
    expect(chosen(known({ 1: [9, false], 2: [1, true], 3: [2, true], 4: [3, true], 5: [4, true] }), 0.2)).toEqual(['1', '2'])
  })

  test('a small share is one pack at least, and the whole is all', () => {
    expect(chosen(new Map(), 0.0001)).toHaveLength(1)
    expect(chosen(known({ 1: [9, true] }), 1)).toHaveLength(5)
  })

  test('samples, one after the other, read everything; damage is remembered', async () => {
    const place = await VerifyPlace.make()
    const root = place.copy()
    const facts = new Map<string, VerifiedPack>()
    let clock = 0
    const memory: VerifyMemory = {
      verified: () => facts,
      remember: (results) => {
        for (const { id, ok } of results) facts.set(toHex(id), { at: ++clock, ok })
      },
      forget: () => expect.unreachable('no pack is gone'),
    }
    const { packs: all } = await place.verify(root)
    for (let round = 0; round < all.count && facts.size < all.count; round++) await place.verify(root, { dataShare: 0.01, memory })
    expect(facts.size).toBe(all.count)
    const file = storeFiles(root, 'packs/data')[0]!
    flip(file, 1300)
    const found: boolean[] = []
    for (let round = 0; round <= all.count; round++) found.push((await place.verify(root, { dataShare: 0.01, memory })).ok)
    const from = found.indexOf(false)
    expect(from).toBeGreaterThanOrEqual(0)
    expect(found.slice(from)).not.toContain(true)
    expect(facts.get(path.basename(file))!.ok).toBe(false)
    place.remove()
  })
})
