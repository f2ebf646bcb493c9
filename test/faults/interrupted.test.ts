// A commit that is told to stop: exit 130, no lease left, nothing committed; and what it had stored is found by the next, which stores
// little.

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { exitCodeOf } from '../../cli/exit-codes.ts'
import { CancelledError } from '../../src/errors.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { outcomeOf } from '../support/cli-process.ts'
import { CliRepository } from '../support/cli-repository.ts'
import { type FaultPlan, FaultyStore, type Operation } from '../support/faulty-store.ts'
import { commitIn, initIn } from '../support/repository.ts'
import { noise } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'
import { copyOfOwner, expectGoesOn, expectSound } from '../support/soundness.ts'
import { copyOfStore, keysOf, objectsOf } from '../support/stored-objects.ts'
import { linesOnDisk } from '../support/tree.ts'

/** More than one pack, so that there is something to be found. */
const TREE_BYTES = 48 << 20
const FILES = 24
/** One file that takes some seconds: to stop must not take until its end. */
const LARGE_BYTES = 160 << 20

const { at } = scratch()
const WHAT = 'commit that is cancelled or told to stop'
const cases = new CaseCounter()

beforeAll(() => {
  fs.mkdirSync(at('tree'))
  for (let i = 0; i < FILES; i++) fs.writeFileSync(at('tree', `file-${i}`), noise(i, TREE_BYTES / FILES))
})
afterAll(() => recordReliability('interrupted', cases))

describe('a signal to stop', () => {
  test('at the first pack: the next commit stores only the rest', async () => {
    await cases.try(WHAT, async () => {
      const { store, owner, error } = await cancelledAt(({ method, kind }) => method === 'put' && kind === 'packs/data')
      expect(error).toBeInstanceOf(CancelledError)
      expect(exitCodeOf(error)).toBe(130)
      const keys = await keysOf(store)
      expect(keys.filter((key) => key.startsWith('leases/'))).toEqual([])
      const packBytes = await dataBytes(store)
      expect(packBytes).toBeGreaterThan(8 << 20)
      const { newBytes } = await commitIn(store, owner, at('tree'))
      expect(newBytes).toBeLessThan(TREE_BYTES - 0.9 * packBytes)
      await expectSound(store, owner, { snapshots: [linesOnDisk(at('tree'))] })
    })
  }, 120_000)

  test('at any operation: no lease, and all or nothing', async () => {
    const small = at('small')
    fs.mkdirSync(small)
    fs.writeFileSync(at('small', 'file'), noise(1, 200_000))
    for (let index = 0; index < 40; index++) {
      await cases.try(WHAT, async () => {
        const { store, owner, error } = await cancelledAt((operation) => operation.index === index, small)
        if (error !== undefined) expect(error).toBeInstanceOf(CancelledError)
        expect((await keysOf(store)).filter((key) => key.startsWith('leases/'))).toEqual([])
        await expectGoesOn(await copyOfStore(store), owner, { snapshots: error === undefined ? [linesOnDisk(small)] : [] }, small)
      })
    }
  }, 120_000)

  async function cancelledAt(isMoment: (operation: Operation) => boolean, tree = at('tree')) {
    const store = new MemoryStore()
    const owner = await initIn(store)
    const controller = new AbortController()
    const plan: FaultPlan = (operation) => {
      if (isMoment(operation)) controller.abort()
      return undefined
    }
    const problems: string[] = []
    const options = { signal: controller.signal, onProblem: ({ message }: { message: string }) => void problems.push(message) }
    const error = await commitIn(new FaultyStore(store, { plan }), copyOfOwner(owner), tree, options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(problems).toEqual([])
    return { store, owner, error }
  }

  async function dataBytes(store: MemoryStore): Promise<number> {
    let sum = 0
    for (const [key, bytes] of await objectsOf(store)) if (key.startsWith('packs/data/')) sum += bytes.length
    return sum
  }
})

describe('the program', () => {
  let cli: CliRepository

  beforeAll(async () => {
    cli = await CliRepository.make()
  })
  afterAll(() => cli.remove())

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s while it reads a large file: exit 130, and the next commit goes on',
    (signal) =>
      cases.try(WHAT, async () => {
        cli.place.write('tree/large', randomBytes(LARGE_BYTES))
        const before = (await cli.snapshots()).length
        const child = cli.place.start(['commit', cli.tree])
        const ended = outcomeOf(child)
        const stop = whenPacksGrow(() => child.kill(signal))
        const { code, stderr } = await ended
        stop()
        expect(code, stderr).toBe(130)
        expect(stderr).toMatch(/cancelled/)
        expect(await cli.leases()).toEqual([])
        expect((await cli.snapshots()).length).toBe(before)
        const { newBytes } = await cli.place.json(['commit', cli.tree])
        expect(newBytes).toBeLessThan(LARGE_BYTES - (8 << 20))
        expect(await cli.snapshots(before)).toEqual([linesOnDisk(cli.tree)])
      }),
    120_000,
  )

  test('SIGTERM while it waits for a stream that brings nothing', async () => {
    await cases.try(WHAT, async () => {
      const child = cli.place.start(['commit', '--stdin', 'dump.sql', '--name', 'dump'])
      const ended = outcomeOf(child)
      const stop = whenLeased(() => child.kill('SIGTERM'))
      const { code, stderr } = await ended
      stop()
      expect(code, stderr).toBe(130)
      expect(await cli.leases()).toEqual([])
    })
  }, 30_000)

  /** Calls back when the first new pack is stored. */
  function whenPacksGrow(then: () => void): () => void {
    const packs = (): number => fs.globSync('*/*', { cwd: cli.place.at('repository/packs/data') }).length
    const before = packs()
    return when(() => packs() > before, then)
  }

  function whenLeased(then: () => void): () => void {
    const directory = cli.place.at('repository/leases')
    return when(() => fs.existsSync(directory) && fs.readdirSync(directory).length > 0, then)
  }

  function when(isMoment: () => boolean, then: () => void): () => void {
    const timer = setInterval(() => {
      if (!isMoment()) return
      clearInterval(timer)
      setTimeout(then, 50)
    }, 5)
    return () => clearInterval(timer)
  }
})
