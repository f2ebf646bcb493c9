// What `verify` finds, what it says is harmed by it, and that nothing else is.

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toHex } from '../../format/bytes.ts'
import { packKey } from '../../format/store-key.ts'
import { FormatError, StoreError } from '../../src/errors.ts'
import { walkBelow } from '../../src/operations/snapshot-tree.ts'
import { verify } from '../../src/operations/verify/verify.ts'
import type { ChunkPlace } from '../../src/repository/objects/chunk-index.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { FileSystemStore } from '../../src/repository/store/file-system-store.ts'
import { FaultyStore } from '../support/faulty-store.ts'
import { commitDirectory, reopen } from '../support/repository-fixture.ts'
import { noise } from '../support/sample-tree.ts'
import { damage, flip, pathsOf, storeFiles, VerifyPlace } from '../support/verify-place.ts'

let place: VerifyPlace

beforeAll(async () => {
  place = await VerifyPlace.make()
})
afterAll(() => place.remove())

const ALL = { dataShare: 1 }
const keyOf = (root: string, file: string): string => path.relative(root, file)
const isLarge = (file: string): boolean => fs.statSync(file).size > 1 << 20

/** The paths of files with a chunk at a place that counts, told from the trees and the index. */
async function pathsAt(repository: Repository, counts: (place: ChunkPlace) => boolean): Promise<string[]> {
  const index = await repository.index()
  const found = new Set<string>()
  for (const snapshot of repository.journal.state.snapshots) {
    const { root } = await repository.readManifest(snapshot)
    for await (const { path: at, entry } of walkBelow(repository, { path: Buffer.alloc(0), entry: root })) {
      const ids = entry.type === 1 ? entry.content!.items.flatMap(({ id }) => (id === undefined ? [] : [id])) : []
      if (ids.some((id) => index.find(id).some(counts))) found.add(at.toString())
    }
  }
  return [...found].sort()
}

const inPack = (key: string, blocks?: readonly number[]) => (each: ChunkPlace) =>
  packKey(each.pack.kind, each.pack.id) === key && (blocks === undefined || blocks.includes(each.block.number))

describe('a repository that is in order', () => {
  test('is found so, in structure and in data', async () => {
    const root = place.copy()
    expect(await place.verify(root)).toMatchObject({ ok: true, problems: [], snapshots: 2, data: undefined })
    const { ok, data, orphans, packs } = await place.verify(root, ALL)
    expect({ ok, orphans }).toEqual({ ok: true, orphans: { packs: 0, packBytes: 0, manifests: 0 } })
    expect(data).toMatchObject({ packs: packs.count, bytes: packs.bytes, attested: 0 })
  })

  test('each distinct tree is walked once, however many snapshots name it', async () => {
    const { trees } = await place.verify(place.copy())
    // root, a, b, b/c; the second snapshot shares a and b/c.
    expect(trees.trees).toBe(6)
  })

  test('one snapshot alone needs only its own packs', async () => {
    const root = place.copy()
    const repository = await place.open(root)
    const [first] = repository.journal.state.snapshots
    const { ok, data, snapshots, packs } = await verify(repository, { snapshot: first!, dataShare: 1 })
    expect({ ok, snapshots }).toEqual({ ok: true, snapshots: 1 })
    expect(data!.packs).toBeLessThan(packs.count)
  })

  test('what an interrupted commit left is told of, and is no problem', async () => {
    const root = place.copy()
    const later = place.copy()
    fs.writeFileSync(path.join(place.directory, 'tree/more'), noise(20, 50_000))
    await commitDirectory(await place.open(later), path.join(place.directory, 'tree'), 'one')
    const added = (folder: string): string[] =>
      storeFiles(later, folder)
        .map((file) => keyOf(later, file))
        .filter((key) => !fs.existsSync(path.join(root, key)))
    for (const key of [...added('packs'), ...added('manifests')]) {
      fs.mkdirSync(path.dirname(path.join(root, key)), { recursive: true })
      fs.copyFileSync(path.join(later, key), path.join(root, key))
    }
    const { ok, orphans } = await place.verify(root, ALL)
    expect(ok).toBe(true)
    expect(orphans.manifests).toBe(1)
    expect(orphans.packs).toBeGreaterThan(0)
  })

  test('packs that snapshots need and no segment names are a problem that harms nothing', async () => {
    const root = place.copy()
    for (const file of storeFiles(root, 'index')) fs.rmSync(file)
    const { problems } = await place.verify(root)
    expect(problems).toMatchObject([{ kind: 'segment', object: 'index/', paths: [], snapshots: [] }])
  })
})

describe('packs', () => {
  test('missing: named, with exactly the paths that lay in it', async () => {
    const root = place.copy()
    const expected = await place.open(root)
    for (const file of storeFiles(root, 'packs/data')) {
      const broken = place.copy()
      const key = keyOf(root, file)
      fs.rmSync(path.join(broken, key))
      for (const options of [{}, ALL]) {
        const { ok, problems } = await place.verify(broken, options)
        expect(ok).toBe(false)
        expect(problems.map(({ kind, object }) => [kind, object])).toEqual([['pack-missing', key]])
        expect(pathsOf(problems[0]!)).toEqual(await pathsAt(expected, inPack(key)))
      }
    }
  })

  test('one bit of a block: only --data sees it, and only what lies in that block is harmed', async () => {
    const root = place.copy()
    const expected = await place.open(root)
    const file = storeFiles(root, 'packs/data').find(isLarge)!
    const key = keyOf(root, file)
    const blocks = (await expected.index()).packs.find(({ kind, id }) => packKey(kind, id) === key)!.blocks
    expect(blocks.length).toBeGreaterThan(1)
    for (const { number, offset } of blocks) {
      const broken = place.copy()
      flip(path.join(broken, key), offset + 100)
      expect(await place.verify(broken)).toMatchObject({ ok: true })
      const { problems } = await place.verify(broken, ALL)
      expect(problems).toMatchObject([{ kind: 'pack', object: key, snapshots: [...place.snapshots] }])
      expect(problems[0]!.message).toContain(`block ${number}`)
      expect(pathsOf(problems[0]!)).toEqual(await pathsAt(expected, inPack(key, [number])))
    }
  })

  test('a bit of the padding harms nothing, and is named all the same', async () => {
    const root = place.copy()
    const file = storeFiles(root, 'packs/data')[0]!
    flip(file, -30)
    const { ok, problems } = await place.verify(root, ALL)
    expect(ok).toBe(false)
    expect(problems).toMatchObject([{ kind: 'pack', object: keyOf(root, file), snapshots: [], paths: [] }])
  })

  test.each([
    ['header', 20],
    ['key', 500],
  ])('a bit of the %s loses the whole pack', async (_name, offset) => {
    const root = place.copy()
    const file = storeFiles(root, 'packs/data')[0]!
    const expected = await pathsAt(await place.open(root), inPack(keyOf(root, file)))
    flip(file, offset)
    const { problems } = await place.verify(root, ALL)
    expect(problems).toMatchObject([{ kind: 'pack', object: keyOf(root, file) }])
    expect(pathsOf(problems[0]!)).toEqual(expected)
  })

  test.each([
    ['footer', -10],
    ['directory', undefined],
  ])('a bit of the %s: the index still knows the blocks, so nothing is lost', async (_name, offset) => {
    const root = place.copy()
    const file = storeFiles(root, 'packs/data').find(isLarge)!
    const repository = await place.open(root)
    const pack = (await repository.index()).packs.find(({ kind, id }) => packKey(kind, id) === keyOf(root, file))!
    const { offset: at, sealedBytes } = pack.blocks.at(-1)!
    flip(file, offset ?? at + sealedBytes + 20)
    const { problems } = await place.verify(root, ALL)
    expect(problems).toMatchObject([{ kind: 'pack', object: keyOf(root, file), paths: [] }])
    expect(problems[0]!.message).toContain('directory')
  })

  test('truncated: the structure sees it; blocks before the end are not lost', async () => {
    const root = place.copy()
    const file = storeFiles(root, 'packs/data').find(isLarge)!
    const key = keyOf(root, file)
    const repository = await place.open(root)
    const { blocks } = (await repository.index()).packs.find(({ kind, id }) => packKey(kind, id) === key)!
    const lost = await pathsAt(
      repository,
      inPack(
        key,
        blocks.slice(1).map(({ number }) => number),
      ),
    )
    damage(file, (bytes) => bytes.subarray(0, blocks[1]!.offset + 1000))
    for (const options of [{}, ALL]) {
      const { problems } = await place.verify(root, options)
      expect(problems).toMatchObject([{ kind: 'pack', object: key }])
      expect(pathsOf(problems[0]!)).toEqual(lost)
    }
  })

  test('two that changed places: both named, and nothing lost, since each proves what it holds', async () => {
    const root = place.copy()
    const [one, two] = storeFiles(root, 'packs/data')
    const first = fs.readFileSync(one!)
    damage(one!, () => fs.readFileSync(two!))
    damage(two!, () => first)
    const { problems } = await place.verify(root, ALL)
    expect(problems.map(({ kind, object }) => `${kind} ${object}`).toSorted()).toEqual(
      [one!, two!].map((file) => `pack ${keyOf(root, file)}`).toSorted(),
    )
    expect(problems.flatMap(pathsOf)).toEqual([])
  })

  test('one of another repository under the name of our own', async () => {
    const root = place.copy()
    const other = await VerifyPlace.make()
    const file = storeFiles(root, 'packs/data')[0]!
    damage(file, () => fs.readFileSync(storeFiles(other.copy(), 'packs/data')[0]!))
    const { problems } = await place.verify(root, ALL)
    other.remove()
    expect(problems).toMatchObject([{ kind: 'pack', object: keyOf(root, file) }])
    expect(problems[0]!.pathCount).toBeGreaterThan(0)
  })

  test('a tree that cannot be read stands for all below it', async () => {
    const root = place.copy()
    for (const file of storeFiles(root, 'packs/tree')) flip(file, 1300)
    for (const options of [{}, ALL]) {
      const { ok, problems } = await place.verify(root, options)
      expect(ok).toBe(false)
      expect(new Set(problems.flatMap(({ snapshots }) => snapshots))).toEqual(new Set(place.snapshots))
      expect(problems.flatMap(pathsOf)).toContain('')
    }
  })

  test('threads find the same as this one', async () => {
    const root = place.copy()
    for (const file of storeFiles(root, 'packs/data')) flip(file, 1300)
    const { durationMs: _here, ...here } = await place.verify(root, ALL)
    const { durationMs: _there, ...there } = await place.verify(root, { dataShare: 1, threadCount: 2 })
    const sorted = (problems: typeof here.problems) =>
      problems.map((problem) => ({ ...problem, paths: pathsOf(problem) })).sort((a, b) => (a.object < b.object ? -1 : 1))
    expect(here.problems.length).toBeGreaterThan(1)
    expect({ ...there, problems: sorted(there.problems) }).toEqual({ ...here, problems: sorted(here.problems) })
  })
})

describe('manifests, index and small objects', () => {
  test.each([
    ['missing', (file: string) => fs.rmSync(file)],
    ['flipped', (file: string) => flip(file, 1500)],
    ['empty', (file: string) => damage(file, () => Buffer.alloc(0))],
    ['of another snapshot', (file: string, other: string) => damage(file, () => fs.readFileSync(other))],
  ])('a manifest %s harms its snapshot and no other', async (_name, breakIt) => {
    const root = place.copy()
    const [one, two] = place.snapshots.map((id) => path.join(root, 'manifests', id))
    breakIt(one!, two!)
    const { ok, problems } = await place.verify(root)
    expect(ok).toBe(false)
    expect(problems).toMatchObject([{ kind: 'manifest', object: `manifests/${place.snapshots[0]}`, snapshots: [place.snapshots[0]] }])
  })

  test.each([
    ['flipped', (file: string) => flip(file, 150), 'segment'],
    ['truncated', (file: string) => damage(file, (bytes) => bytes.subarray(0, 200)), 'segment'],
    ['empty', (file: string) => damage(file, () => Buffer.alloc(0)), 'segment'],
  ])('segments %s: the packs tell what is in them, so nothing is lost', async (_name, breakIt, kind) => {
    const root = place.copy()
    for (const file of storeFiles(root, 'index')) breakIt(file)
    for (const options of [{}, ALL]) {
      const { ok, problems } = await place.verify(root, options)
      expect(ok).toBe(false)
      expect(new Set(problems.map((each) => each.kind))).toEqual(new Set([kind]))
      expect(problems.flatMap(pathsOf)).toEqual([])
    }
  })

  test('key slots: damaged, missing', async () => {
    const root = place.copy()
    const [one] = storeFiles(root, 'keys').filter((file) => !file.endsWith(toHex(place.identity.slot)))
    damage(one!, (bytes) => bytes.subarray(1))
    expect((await place.verify(root)).problems).toMatchObject([
      { kind: 'key-slot', object: keyOf(root, one!) },
      { kind: 'key-slot', object: 'keys/' },
    ])
    fs.rmSync(one!)
    expect((await place.verify(root)).problems).toMatchObject([{ kind: 'key-slot', object: 'keys/' }])
  })

  test('a key slot that rots, wherever: nobody has its secret at hand', async () => {
    const root = place.copy()
    const [slot] = storeFiles(root, 'keys').filter((file) => !file.endsWith(toHex(place.identity.slot)))
    for (let offset = 0; offset < fs.statSync(slot!).size; offset += 7) {
      flip(slot!, offset)
      const [first, ...others] = (await place.verify(root)).problems
      expect(first, `byte ${offset}`).toMatchObject({ kind: 'key-slot', object: keyOf(root, slot!) })
      expect(others.every(({ kind }) => kind === 'key-slot')).toBe(true)
      flip(slot!, offset)
    }
    expect((await place.verify(root)).ok).toBe(true)
  })

  test('a lease that nobody signed', async () => {
    const root = place.copy()
    fs.mkdirSync(path.join(root, 'leases'), { recursive: true })
    fs.writeFileSync(path.join(root, 'leases', `${'0'.repeat(32)}-00000000`), 'junk')
    expect((await place.verify(root)).problems).toMatchObject([{ kind: 'lease', paths: [] }])
  })

  test('a journal entry that was removed is a problem of the journal', async () => {
    const root = place.copy()
    const repository = await place.open(root)
    fs.rmSync(storeFiles(root, 'journal').find((file) => file.endsWith('1'))!)
    const { ok, problems } = await verify(repository)
    expect(ok).toBe(false)
    expect(problems.map(({ kind }) => kind)).toContain('journal')
  })
})

// LESSONS: verification "skipped" that exits 0.
describe('a check that did not run is no success', () => {
  test('a store that fails', async () => {
    const failed = new StoreError('store-access', 'no')
    const store = new FaultyStore(await FileSystemStore.open(place.copy()), {
      plan: ({ kind, method }) =>
        kind === 'packs/data' && method === 'list' ? { action: 'fail', when: 'before', error: failed } : undefined,
    })
    await expect(verify(await reopen(store, place.identity), ALL)).rejects.toBe(failed)
  })

  test('a disk that fails under one pack loses that pack', async () => {
    const error = new StoreError('store-io', 'bad sector')
    const store = new FaultyStore(await FileSystemStore.open(place.copy()), {
      plan: ({ kind, method }) => (kind === 'packs/data' && method === 'get' ? { action: 'fail', when: 'before', error } : undefined),
    })
    const { ok, problems } = await verify(await reopen(store, place.identity), ALL)
    expect(ok).toBe(false)
    expect(problems.map(({ kind, message }) => [kind, message])).toEqual(problems.map(() => ['pack', 'bad sector']))
  })

  test('an error that is no damage is not taken for damage', async () => {
    expect(new FormatError('x', 'y')).toBeInstanceOf(Error)
    const store = new FaultyStore(await FileSystemStore.open(place.copy()), {
      plan: ({ kind, method }) =>
        kind === 'packs/tree' && method === 'get' ? { action: 'fail', when: 'before', error: new TypeError('defect') } : undefined,
    })
    await expect(verify(await reopen(store, place.identity))).rejects.toThrow('defect')
  })

  test('cancelled', async () => {
    await expect(place.verify(place.copy(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'CancelledError' })
  })
})
