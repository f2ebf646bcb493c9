// A store in a directory, system call by system call: what it says is durable was flushed, in that order; and a call that fails, once or
// with all that follow, leaves each object absent or whole. LESSONS: an fsync that failed was asked for again on the same file, whose
// pages the kernel had dropped; a failed read was taken for "absent".

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { packKey } from '../../format/store-key.ts'
import { StoreError } from '../../src/errors.ts'
import { FileSystemStore } from '../../src/repository/store/file-system-store.ts'
import { noise } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'
import type { Call, FileSystemWatch } from '../support/watched-fs.ts'

const watch = await vi.hoisted(async (): Promise<FileSystemWatch> => {
  const { FileSystemWatch: Watch } = await import('../support/watched-fs.ts')
  return new Watch()
})
vi.mock('node:fs/promises', async (original) => watch.around(await original<typeof import('node:fs/promises')>()))

const { at } = scratch()
const cases = new CaseCounter()
const KEY = packKey(1, noise(1, 32))
const PIECES = [noise(2, 5000), noise(3, 70_000), noise(4, 300)]
const CONTENT = Buffer.concat(PIECES)
let number = 0
let root: string
let store: FileSystemStore

beforeEach(async () => {
  watch.reset()
  root = at(`store-${++number}`)
  store = await FileSystemStore.create(root)
  watch.reset()
})
afterAll(() => recordReliability('system-calls', cases))

const eio = (): { error: Error } => ({ error: Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }) })
const read = (from = store): Promise<Buffer | undefined> => from.get(KEY, { maxBytes: 1 << 20 })
const target = (): string => path.join(root, KEY)
const temporaries = (): string[] => (fs.existsSync(path.join(root, 'tmp')) ? fs.readdirSync(path.join(root, 'tmp')) : [])

/** The number of the last such call; -1 when there is none. */
function last(name: string, about: string, calls: readonly Call[] = watch.calls): number {
  return calls.findLastIndex((call) => call.name === name && call.path === about)
}

/** What a power cut after these calls must leave: content before name, name before the answer, and every directory on the way. */
function expectFlushed(calls: readonly Call[]): void {
  const linked = calls.findIndex(({ name, to }) => name === 'link' && to === target())
  const temporary = calls[linked]!.path
  const [written, synced] = [last('write', temporary, calls), last('sync', temporary, calls)]
  expect(written).toBeGreaterThanOrEqual(0)
  expect(synced, 'the content is flushed after its last byte').toBeGreaterThan(written)
  expect(linked, 'the name comes after the content').toBeGreaterThan(synced)
  expect(last('sync', path.dirname(target()), calls), 'the directory is flushed after the name').toBeGreaterThan(linked)
  for (const [index, { name, path: made }] of calls.entries())
    if (name === 'mkdir') expect(last('sync', path.dirname(made), calls), `${made} is flushed into its parent`).toBeGreaterThan(index)
}

describe('what is durable when put returns', () => {
  test('all of it, in order, into new directories', async () => {
    expect(await store.put(KEY, PIECES)).toBe('created')
    expectFlushed(watch.calls)
    expect(watch.calls.filter(({ name }) => name === 'mkdir').length).toBeGreaterThanOrEqual(4)
  })

  test('"exists" is a promise, too: the other writer may not have flushed the directory yet', async () => {
    await store.put(KEY, PIECES)
    watch.reset()
    expect(await store.put(KEY, PIECES)).toBe('exists')
    expect(last('sync', path.dirname(target()))).toBeGreaterThanOrEqual(0)
  })

  test('"exists" after a lost race, too', async () => {
    await store.put(packKey(1, Buffer.concat([noise(1, 32).subarray(0, 31), Buffer.of(1)])), PIECES)
    watch.reset()
    watch.faultAt = ({ name }) => {
      if (name === 'link') fs.writeFileSync(target(), CONTENT)
      return undefined
    }
    expect(await store.put(KEY, PIECES)).toBe('exists')
    expect(last('sync', path.dirname(target()))).toBeGreaterThan(watch.calls.findIndex(({ name }) => name === 'link'))
  })

  test('a removal is flushed', async () => {
    await store.put(KEY, PIECES)
    watch.reset()
    const { issuePermit } = await import('../../src/runtime/permit.ts')
    await store.remove(
      KEY,
      issuePermit('test', () => true),
    )
    expect(last('sync', path.dirname(target()))).toBeGreaterThan(last('unlink', target()))
  })
})

test.each([1, 4999, 5000, 5001, 75_000, 75_299])('a write that takes only %i bytes is gone on with', async (shortBytes) => {
  const isFirst = (): boolean => watch.calls.every(({ name }) => name !== 'write')
  watch.faultAt = ({ name }) => (name === 'write' && isFirst() ? { shortBytes } : undefined)
  await store.put(KEY, PIECES)
  expect(await read()).toEqual(CONTENT)
  expectFlushed(watch.calls)
})

/** The calls of a put into an empty store. */
async function callsOfPut(): Promise<readonly Call[]> {
  const other = await FileSystemStore.create(at(`calls-${number}`))
  watch.reset()
  await other.put(KEY, PIECES)
  const { calls } = watch
  watch.reset()
  return calls
}

describe.each(['EIO', 'ENOSPC'])('%s', (code) => {
  const fault = (): { error: Error } => ({ error: Object.assign(new Error(`${code}: the test fails this`), { code }) })

  test.each([
    ['once', false],
    ['and at all that follow', true],
  ])('at every system call of a put, %s: an error or an object, never half of one', async (_, forGood) => {
    const calls = await callsOfPut()
    expect(calls.length).toBeGreaterThan(15)
    for (const [index, { name }] of calls.entries())
      await cases.try(`${code} at a system call of a put`, async () => {
        root = at(`${code}-${forGood}-${index}`)
        store = await FileSystemStore.create(root)
        watch.reset()
        watch.faultAt = (_call, now) => (now === index || (forGood && now > index) ? fault() : undefined)
        const answer = await store.put(KEY, PIECES).catch((error: unknown) => error)
        const made = watch.calls
        watch.reset()
        // What cannot be removed now is removed in a day.
        if (name !== 'unlink') expect(answer, name).toBeInstanceOf(StoreError)
        if (name === 'unlink') expect(answer).toBe('created')
        if (!forGood && name !== 'unlink') expect(temporaries(), name).toEqual([])
        expect([undefined, CONTENT], name).toContainEqual(await read())
        expectNoSecondFlush(made, index)
        expect(['created', 'exists']).toContain(await (await FileSystemStore.open(root)).put(KEY, PIECES))
        expect(await read()).toEqual(CONTENT)
      })
  })
})

/** A file whose flush failed is thrown away: the kernel has dropped its pages, and would say that all is well. */
function expectNoSecondFlush(calls: readonly Call[], failed: number): void {
  const { name, path: about } = calls[failed]!
  if (name !== 'sync' || !about.includes('/tmp/put-')) return
  const after = calls.slice(failed + 1)
  expect(after.filter((call) => call.path === about && ['sync', 'write', 'link'].includes(call.name))).toEqual([])
}

test('a read that fails at any call is an error, and never says that there is nothing', async () => {
  await store.put(KEY, PIECES)
  const list = async (): Promise<unknown> => Array.fromAsync(store.list('packs/data/'))
  for (const [what, work] of [
    ['get', read],
    ['size', () => store.size(KEY)],
    ['list', list],
  ] as const) {
    watch.reset()
    await work()
    const { length } = watch.calls
    expect(length, what).toBeGreaterThan(0)
    for (let index = 0; index < length; index++)
      await cases.try('EIO at a system call of a get, size or list', async () => {
        watch.reset()
        watch.faultAt = (_call, now) => (now === index ? eio() : undefined)
        await expect(work(), `${what}, call ${index}`).rejects.toMatchObject({ code: 'store-io' })
      })
  }
})
