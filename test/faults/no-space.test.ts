// A real disk that is full at every stage: where the store lies, where the client keeps its memory, where a restore goes. A clear error,
// exit code 30, nothing lost, and the same command works when there is room again (LESSONS: running out of space lost data silently).

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { CaptureRows } from '../../src/control/catalog/capture-rows.ts'
import { StoreError } from '../../src/errors.ts'
import { FileSystemStore } from '../../src/repository/store/file-system-store.ts'
import { CliPlace } from '../support/cli-process.ts'
import { removeTree } from '../support/random-tree.ts'
import { commitIn, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { makeSampleTree, noise } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'
import { SmallDisk, whyNoSmallDisk } from '../support/small-disk.ts'
import { copyOfOwner, expectSound } from '../support/soundness.ts'
import { MANY_CASES_MS, SLOW } from '../support/tier.ts'
import { linesInSnapshot, linesOnDisk, type TreeLines } from '../support/tree.ts'

const FINE = SLOW
const why = whyNoSmallDisk()
if (why !== undefined) console.warn(why)

const { at } = scratch()
const cases = new CaseCounter()

beforeAll(() => makeSampleTree(at('tree')))
afterAll(() => {
  if (why !== undefined) cases.remark('a disk that fills up', why)
  recordReliability('no-space', cases)
})

/** From nothing left to more than a commit needs. */
function* rests(most: number, step: number): Generator<number> {
  for (let rest = 0; rest <= most; rest += step) yield rest
}

describe.skipIf(why !== undefined)('a store on a disk that is full', () => {
  let disk: SmallDisk
  let store: FileSystemStore
  let owner: TestOwner
  const snapshots: TreeLines[] = []

  beforeAll(async () => {
    disk = SmallDisk.mount(at('store-disk'), { bytes: (FINE ? 512 : 96) << 20, files: FINE ? 12_000 : 3000 })
    store = await FileSystemStore.create(`${disk.path}/repository`)
    owner = await initIn(store)
    await commitIn(store, owner, at('tree'))
    snapshots.push(linesOnDisk(at('tree')))
  })
  afterAll(() => disk.unmount())

  test(
    'of bytes',
    async () => {
      const failures = await sweep(rests(720 << 10, FINE ? 4 << 10 : 40 << 10), (rest) => disk.leaveBytes(rest))
      expect(failures).toBeGreaterThan(FINE ? 100 : 10)
    },
    MANY_CASES_MS,
  )

  test(
    'of files',
    async () => {
      const failures = await sweep(rests(16, 1), (rest) => disk.leaveFiles(rest))
      expect(failures).toBeGreaterThan(5)
    },
    MANY_CASES_MS,
  )

  /** Commits something new at each rest, again with room when it failed; returns how often it failed. */
  async function sweep(all: Iterable<number>, leave: (rest: number) => void): Promise<number> {
    let failures = 0
    for (const rest of all) {
      fs.writeFileSync(at('tree', 'new'), noise(rest, 600_000))
      if (await cases.try('commit with little room in the store', () => failsAndHeals(() => leave(rest)))) failures++
    }
    await expectSound(store, owner, { snapshots })
    return failures
  }

  /** Whether a commit failed with so little room; it is in order either way, and so is the one after it. */
  async function failsAndHeals(fill: () => void): Promise<boolean> {
    fill()
    const error = await commitIn(store, copyOfOwner(owner), at('tree')).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    disk.free()
    if (error !== undefined) {
      expect(error).toBeInstanceOf(StoreError)
      expect((error as StoreError).code).toBe('store-no-space')
      expect(await newest(store)).toEqual([snapshots.length, snapshots.at(-1)])
      await commitIn(store, owner, at('tree'))
    }
    snapshots.push(linesOnDisk(at('tree')))
    expect(await newest(store)).toEqual([snapshots.length, snapshots.at(-1)])
    return error !== undefined
  }

  /** How many snapshots there are, and what the last one holds. */
  async function newest(from: FileSystemStore): Promise<[number, TreeLines]> {
    const repository = await openAs(from, copyOfOwner(owner))
    const { snapshots: all } = repository.journal.state
    return [all.length, await linesInSnapshot(repository, all.at(-1)!)]
  }
})

describe.skipIf(why !== undefined)('the rows of a commit whose cache disk fills up', () => {
  let disk: SmallDisk

  beforeAll(() => {
    disk = SmallDisk.mount(at('cache-disk'), { bytes: 6 << 20 })
  })
  afterAll(() => disk.unmount())

  test('do not stand before the commit does, not those that come after room was made either', () => {
    const passed = cases.begin('a cache disk that fills up')
    const scope = ['scope']
    const rows = CaptureRows.open(disk.path, scope, [])!
    rows.put('kept', 0, Buffer.from('row'))
    rows.keep(['index/a'])
    const filling = CaptureRows.open(disk.path, scope, ['index/a'])!
    for (let i = 0; i < 100; i++) filling.put(`large-${i}`, 0, Buffer.alloc(200_000, i))
    disk.free()
    for (let i = 0; i < 100; i++) filling.put(`small-${i}`, 0, Buffer.from('row of a file whose chunks are stored nowhere'))
    filling.drop()
    const after = CaptureRows.open(disk.path, scope, ['index/a'])!
    const stand = ['large-0', 'large-99', ...Array.from({ length: 100 }, (_, i) => `small-${i}`)].filter(
      (name) => after.get(name, 0) !== undefined,
    )
    expect(stand).toEqual([])
    expect(after.get('kept', 0)?.toString()).toBe('row')
    after.drop()
    passed()
  })
})

describe.skipIf(why !== undefined)('the program', () => {
  let place: CliPlace

  beforeAll(async () => {
    place = new CliPlace()
  })
  afterAll(() => place.remove())

  test('says that the store is full, and goes on when it is not', async () => {
    const disk = SmallDisk.mount(place.at('disk'), { bytes: 8 << 20 })
    const passed = cases.begin('the program with a full store')
    try {
      const env = { CAIRN_REPO: `${disk.path}/repository` }
      await place.json(['init'], { env })
      await place.json(['commit', at('tree')], { env })
      fs.writeFileSync(at('tree', 'new'), noise(1 << 20, 600_000))
      disk.leaveBytes(64 << 10)
      const { code, stderr } = await place.run(['commit', at('tree')], { env })
      expect(stderr).toMatch(/full/)
      expect(stderr).toMatch(/Free space/)
      expect(code).toBe(30)
      disk.free()
      await place.json(['commit', at('tree')], { env })
      await expectRestored(env)
      passed()
    } finally {
      disk.unmount()
    }
  }, 60_000)

  test('says that its home is full, commits nothing wrong, and goes on when it is not', async () => {
    const disk = SmallDisk.mount(place.at('home-disk'), { bytes: 4 << 20 })
    try {
      const env = { CAIRN_HOME: `${disk.path}/home`, CAIRN_REPO: place.at('second') }
      disk.leaveBytes(0)
      const failed = await place.run(['init'], { env })
      expect(failed.stderr).toMatch(/full|space/i)
      expect(failed.code).toBe(30)
      disk.free()
      await place.json(['init'], { env })
      await place.json(['commit', at('tree')], { env })
      for (const rest of [0, 4 << 10, 16 << 10, 48 << 10, 96 << 10]) {
        const passed = cases.begin('the program with a full home')
        fs.writeFileSync(at('tree', 'new'), noise(rest, 100_000))
        disk.leaveBytes(rest)
        const { code, stderr } = await place.run(['commit', at('tree')], { env })
        if (code !== 0) {
          expect(stderr, `${rest} bytes left`).toMatch(/full|space/i)
          expect(code, `${rest} bytes left: ${stderr}`).toBe(30)
        }
        disk.free()
        await place.json(['commit', at('tree')], { env })
        await expectRestored(env)
        passed()
      }
    } finally {
      disk.unmount()
    }
  }, 120_000)

  test('says that the target of a restore is full, and leaves nothing there', async () => {
    const disk = SmallDisk.mount(place.at('target-disk'), { bytes: 8 << 20 })
    try {
      await place.json(['init'])
      await place.json(['commit', at('tree')])
      for (const [leave, rest] of [
        ['leaveBytes', 0],
        ['leaveBytes', 64 << 10],
        ['leaveBytes', 300 << 10],
        ['leaveFiles', 1],
        ['leaveFiles', 5],
      ] as const) {
        const passed = cases.begin('the program with a full target')
        disk[leave](rest)
        const { code, stderr } = await place.run(['restore', 'latest', '--to', `${disk.path}/target`])
        expect(stderr).toMatch(/full|space/i)
        expect(code, stderr).toBe(30)
        disk.free()
        expect(fs.readdirSync(disk.path).filter((name) => name !== '.ballast')).toEqual([])
        passed()
      }
      await expectRestored({}, `${disk.path}/target`)
    } finally {
      disk.unmount()
    }
  }, 120_000)

  async function expectRestored(env: Record<string, string>, target = place.at('restored')): Promise<void> {
    await place.json(['restore', 'latest', '--to', target], { env })
    expect(linesOnDisk(target)).toEqual(linesOnDisk(at('tree')))
    removeTree(target)
  }
})
