// Several packs that fail at once while a restore reads them, by errors of the store and by damage: one error, thrown when nothing is
// under way any more; or, where the restore is to keep going, all that lies in the other packs, and each file that is lost by its name.

import fs from 'node:fs'
import { setTimeout as after, setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { exitCodeOf } from '../../cli/exit-codes.ts'
import { StoreError } from '../../src/errors.ts'
import { planRestore, type RestoreOutcome, runRestore } from '../../src/operations/restore/restore.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { CliPlace } from '../support/cli-process.ts'
import { type FaultPlan, FaultyStore } from '../support/faulty-store.ts'
import { removeTree } from '../support/random-tree.ts'
import { commitIn, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { noise } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'
import { copyOfOwner } from '../support/soundness.ts'
import { keysOf, objectsOf, type StoredObjects, storeOf } from '../support/stored-objects.ts'
import { linesOnDisk, type TreeLines } from '../support/tree.ts'

const PACKS = 8
const FILES_PER_PACK = 4
/** Packs that are harmed; those between them are whole. */
const HARMED = [1, 2, 4, 7]
const READ_MS = 5
const THREADS = 3
/** Jobs that are prepared for each thread, and as many reads. */
const READS_PER_THREAD = 2

const { at } = scratch()
const cases = new CaseCounter()
const unhandled: unknown[] = []
const note = (reason: unknown): void => void unhandled.push(reason)

beforeAll(() => void process.on('unhandledRejection', note))
afterAll(() => {
  process.off('unhandledRejection', note)
  recordReliability('restore-packs', cases)
})

beforeEach(() => {
  removeTree(at('place'))
  fs.mkdirSync(at('place'))
})
afterEach(async () => {
  for (let turn = 0; turn < 5; turn++) await nextTurn()
  expect(unhandled.splice(0)).toEqual([])
})

/** A repository whose last snapshot needs all its data packs: commit i brought the files of directory `of-i`, in a pack of their own. */
interface Packed {
  readonly objects: StoredObjects
  readonly owner: TestOwner
  readonly packs: readonly string[]
  readonly lines: TreeLines
}

async function packed(tree: string, fileBytes: number): Promise<Packed> {
  const store = new MemoryStore()
  const owner = await initIn(store)
  const packs: string[] = []
  for (let i = 0; i < PACKS; i++) {
    fs.mkdirSync(`${tree}/of-${i}`, { recursive: true })
    for (let j = 0; j < FILES_PER_PACK; j++) fs.writeFileSync(`${tree}/of-${i}/${j}`, noise(100 * i + j, fileBytes))
    await commitIn(store, owner, tree)
    packs.push(...(await keysOf(store)).filter((key) => key.startsWith('packs/data/') && !packs.includes(key)))
  }
  expect(packs).toHaveLength(PACKS)
  return { objects: await objectsOf(store), owner, packs, lines: linesOnDisk(tree) }
}

/** What is left of a tree whose harmed packs held all the files of their directories; the directories stay. */
function survivors(lines: TreeLines): TreeLines {
  return lines.filter((line) => !HARMED.some((i) => line.includes(`"path":"of-${i}/`)))
}

const LOST_PATHS = HARMED.flatMap((i) => Array.from({ length: FILES_PER_PACK }, (_, j) => `of-${i}/${j}`))

/** How packs are harmed: objects that are changed, and operations of the store that fail. */
interface Harm {
  readonly damage?: (objects: Map<string, Buffer>, pack: string, nth: number) => void
  readonly error?: (nth: number) => StoreError | undefined
  /** The first read of any pack fails, and no other. */
  readonly firstRead?: StoreError
}

const DAMAGES: readonly ((objects: Map<string, Buffer>, pack: string) => void)[] = [
  (objects, pack) => objects.delete(pack),
  (objects, pack) => objects.set(pack, Buffer.from(objects.get(pack)!.map((byte, at) => (at > 1200 && at % 500 === 0 ? byte ^ 1 : byte)))),
  (objects, pack) => objects.set(pack, objects.get(pack)!.subarray(0, 3000)),
  (objects, pack) => objects.set(pack, Buffer.alloc(0)),
]
const damage = (objects: Map<string, Buffer>, pack: string, nth: number): void => DAMAGES[nth % DAMAGES.length]!(objects, pack)
const readError = (): StoreError => new StoreError('store-io', 'the test fails this read')

class Restore {
  readonly store: FaultyStore
  #underWay = 0
  /** Reads of packs that began. */
  reads = 0

  private constructor(inner: ObjectStore, failing: ReadonlyMap<string, StoreError>, firstRead: StoreError | undefined) {
    const plan: FaultPlan = ({ method, kind, key }) => {
      if (method !== 'get' || kind !== 'packs/data') return undefined
      const error = this.reads++ === 0 ? (firstRead ?? failing.get(key)) : failing.get(key)
      return { action: 'meanwhile', work: () => this.#read(error) }
    }
    this.store = new FaultyStore(inner, { plan })
  }

  static async of({ objects, packs }: Packed, harm: Harm): Promise<Restore> {
    const harmed = new Map(objects)
    const failing = new Map<string, StoreError>()
    for (const [nth, i] of HARMED.entries()) {
      const error = harm.error?.(nth)
      if (error === undefined) harm.damage?.(harmed, packs[i]!, nth)
      else failing.set(packs[i]!, error)
    }
    return new Restore(await storeOf(harmed), failing, harm.firstRead)
  }

  /** Whether a read has begun that did not end yet. */
  get isReading(): boolean {
    return this.#underWay > 0
  }

  /** Slow enough that several reads are under way when the first one fails. */
  async #read(error: StoreError | undefined): Promise<void> {
    this.#underWay++
    try {
      await after(READ_MS)
      if (error !== undefined) throw error
    } finally {
      this.#underWay--
    }
  }

  async run({ owner }: Packed, keepGoing: boolean, threadCount = THREADS): Promise<RestoreOutcome> {
    const repository = await openAs(this.store, copyOfOwner(owner))
    const plan = await planRestore(repository, repository.journal.state.snapshots.at(-1)!, { to: at('place', 'target') })
    return runRestore(repository, plan, { keepGoing, threadCount })
  }
}

describe.each([
  ['in this thread', 20_000],
  ['on several threads', 300_000],
])('a restore %s', (where, fileBytes) => {
  let made: Packed
  beforeAll(async () => {
    made = await packed(at(where), fileBytes)
  }, 60_000)

  test.each<[string, Harm, string, number]>([
    ['read errors', { error: readError }, 'store-io', 30],
    ['damage', { damage }, 'restore-damaged', 21],
  ])('ends with one error, when nothing is under way: %s in several packs', (what, harm, code, exit) =>
    cases.try(`${what} in several packs: one error`, async () => {
      const restore = await Restore.of(made, harm)
      const error = await restore.run(made, false).catch((thrown: unknown) => thrown)
      expect(restore.isReading).toBe(false)
      expect(error).toMatchObject({ code })
      expect(exitCodeOf(error)).toBe(exit)
      expect(fs.readdirSync(at('place'))).toEqual([])
    }),
  )

  test.each<[string, Harm]>([
    ['read errors', { error: readError }],
    ['damage', { damage }],
    ['read errors and damage', { damage, error: (nth) => (nth % 2 === 0 ? readError() : undefined) }],
  ])('that keeps going gives all of the other packs, and names what is lost: %s in several packs', (what, harm) =>
    cases.try(`${what} in several packs: the rest comes back`, async () => {
      const restore = await Restore.of(made, harm)
      const { complete, problems, problemCount } = await restore.run(made, true)
      expect(restore.isReading).toBe(false)
      expect(complete).toBe(false)
      expect(problems.map(({ path }) => path.toString()).sort()).toEqual(LOST_PATHS)
      expect(new Set(problems.map(({ kind }) => kind))).toEqual(new Set(['damaged']))
      expect(problemCount).toBe(LOST_PATHS.length)
      expect(linesOnDisk(at('place', 'target'))).toEqual(survivors(made.lines))
    }),
  )

  test('begins no read after one has failed', () =>
    cases.try('a read that fails is the last that began', async () => {
      const restore = await Restore.of(made, { firstRead: readError() })
      await expect(restore.run(made, false, 1)).rejects.toMatchObject({ code: 'store-io' })
      expect(restore.reads).toBeLessThanOrEqual(READS_PER_THREAD)
    }))

  test('does not keep going when the store is down', () =>
    cases.try('a store that is down: one error', async () => {
      const restore = await Restore.of(made, { error: () => new StoreError('store-down', 'the test fails this store') })
      const error = await restore.run(made, true).catch((thrown: unknown) => thrown)
      expect(restore.isReading).toBe(false)
      expect([error, exitCodeOf(error)]).toMatchObject([{ code: 'store-down' }, 30])
      expect(fs.readdirSync(at('place'))).toEqual([])
    }))
})

test(
  'the program: exit 30 and nothing in place; exit 3 and the rest where it keeps going',
  () =>
    cases.try('the program with several packs that cannot be read', async () => {
      const place = new CliPlace()
      try {
        await place.json(['init'])
        const packs = (): string[] => fs.globSync('*/*', { cwd: place.at('repository/packs/data') })
        const bad: string[] = []
        for (const i of [0, 1, 2]) {
          const before = packs()
          for (const j of [0, 1]) place.write(`tree/of-${i}/${j}`, noise(100 * i + j, 50_000))
          await place.json(['commit', place.at('tree')])
          if (i > 0) bad.push(...packs().filter((pack) => !before.includes(pack)))
        }
        expect(bad).toHaveLength(2)
        for (const pack of bad) {
          fs.rmSync(place.at('repository/packs/data', pack))
          fs.mkdirSync(place.at('repository/packs/data', pack))
        }
        const args = ['restore', 'latest', '--to', place.at('target')]
        expect((await place.json(args, { code: 30 })).error.code).toBe('store-not-a-file')
        expect(fs.existsSync(place.at('target'))).toBe(false)
        const { code, stdout, stderr } = await place.run([...args, '--keep-going'])
        expect(code, stderr).toBe(3)
        for (const lost of ['of-1/0', 'of-1/1', 'of-2/0', 'of-2/1']) expect(stdout + stderr).toContain(lost)
        const lines = linesOnDisk(place.at('tree')).filter((line) => !/"path":"of-[12]\//.test(line))
        expect(linesOnDisk(place.at('target'))).toEqual(lines)
      } finally {
        place.remove()
      }
    }),
  60_000,
)
