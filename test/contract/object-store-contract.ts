// What every store must keep to (SPEC §3.1 and the docstrings of ObjectStore). A new store joins with one line in
// object-store.test.ts: storeContract('name', makeStore).

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { journalKey, manifestKey, packKey } from '../../format/store-key.ts'
import type { ObjectStore, StorePrefix } from '../../src/repository/store/object-store.ts'
import { issuePermit } from '../../src/runtime/permit.ts'
import { randomBytes } from '../../src/runtime/random.ts'

/** Makes an empty store and a second door to the same store, as another process would have. */
export type MakeStore = () => Promise<{ store: ObjectStore; again: () => Promise<ObjectStore>; dispose: () => Promise<void> }>

const ANY = { maxBytes: 1 << 20 }
const id = (byte: number): Buffer => Buffer.alloc(32, byte)
const text = (value: string): Buffer => Buffer.from(value)

async function keysOf(store: ObjectStore, prefix: StorePrefix, after?: string): Promise<string[]> {
  const found = await Array.fromAsync(store.list(prefix, after === undefined ? {} : { after }))
  return found.map(({ key }) => key)
}

const BAD_KEYS = [
  '',
  '/',
  'journal/',
  'journal/1',
  '../cairn.json',
  'journal/../cairn.json',
  'journal/0000000000000000/..',
  '/journal/0000000000000000',
  'journal//0000000000000000',
  './cairn.json',
  'cairn.json/',
  'cairn.json\0',
  'cairn.json\n',
  'CAIRN.json',
  'tmp/put-00000000000000000000000000000000',
  `manifests/${'A'.repeat(64)}`,
  `packs/data/ab/${'cd'.repeat(32)}`,
  `packs/other/ab/${'ab'.repeat(32)}`,
]

export function storeContract(name: string, make: MakeStore): void {
  describe(`store contract: ${name}`, () => {
    let made: Awaited<ReturnType<MakeStore>>
    let store: ObjectStore

    beforeEach(async () => {
      made = await make()
      store = made.store
    })
    afterEach(() => made.dispose())

    test('an absent object is undefined, its size too, and an empty prefix lists nothing', async () => {
      expect(await store.get(journalKey(0), ANY)).toBeUndefined()
      expect(await store.get(journalKey(0), { ...ANY, range: { offset: 5, length: 5 } })).toBeUndefined()
      expect(await store.size(journalKey(0))).toBeUndefined()
      expect(await keysOf(store, 'packs/data/')).toEqual([])
    })

    test('what was put is read back by every door, whole', async () => {
      expect(await store.put('cairn.json', text('{}'))).toBe('created')
      const again = await made.again()
      expect(await again.get('cairn.json', ANY)).toEqual(text('{}'))
      expect(await again.size('cairn.json')).toBe(2)
    })

    test('put twice says exists and changes nothing, for equal and for other bytes', async () => {
      await store.put(journalKey(3), text('first'))
      expect(await store.put(journalKey(3), text('first'))).toBe('exists')
      expect(await store.put(journalKey(3), text('second'))).toBe('exists')
      expect(await store.get(journalKey(3), ANY)).toEqual(text('first'))
    })

    test('pieces are joined, empty ones and thousands of them too', async () => {
      const pieces = Array.from({ length: 3000 }, (_, i) => text(i % 7 === 0 ? '' : `${i},`))
      expect(await store.put(packKey(1, id(1)), pieces)).toBe('created')
      expect(await store.get(packKey(1, id(1)), ANY)).toEqual(Buffer.concat(pieces))
      expect(await store.put(packKey(1, id(2)), [])).toBe('created')
      expect(await store.get(packKey(1, id(2)), ANY)).toEqual(Buffer.alloc(0))
    })

    test('of 20 racers for one key through two doors exactly one wins, and its bytes stand', async () => {
      const again = await made.again()
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? store : again).put(journalKey(7), text(`racer ${i}`))),
      )
      const winners = answers.flatMap((answer, i) => (answer === 'created' ? [i] : []))
      expect(winners).toHaveLength(1)
      expect(await store.get(journalKey(7), ANY)).toEqual(text(`racer ${winners[0]}`))
    })

    test('a reader beside a writer sees nothing or the whole object', async () => {
      const bytes = randomBytes(1 << 19)
      const writing = store.put(packKey(2, id(9)), bytes)
      const seen: (Buffer | undefined)[] = []
      let done = false
      writing.then(
        () => (done = true),
        () => (done = true),
      )
      while (!done) {
        seen.push(await store.get(packKey(2, id(9)), ANY))
      }
      await writing
      expect(seen.every((each) => each === undefined || each.equals(bytes))).toBe(true)
      expect(await store.get(packKey(2, id(9)), ANY)).toEqual(bytes)
    })

    test('bytes come into the memory that was given, when there is room for them', async () => {
      await store.put(manifestKey(id(4)), text('0123456789'))
      const into = new Uint8Array(12)
      const read = await store.get(manifestKey(id(4)), { ...ANY, into })
      expect(read).toEqual(text('0123456789'))
      expect(read?.buffer).toBe(into.buffer)
      expect(await store.get(manifestKey(id(4)), { ...ANY, range: { offset: 4, length: 3 }, into: into.subarray(1) })).toEqual(text('456'))
      expect(await store.get(manifestKey(id(4)), { ...ANY, into: into.subarray(0, 9) })).toEqual(text('0123456789'))
      expect(await store.get(manifestKey(id(5)), { ...ANY, into })).toBeUndefined()
    })

    test('a range gives its bytes, and what is there at the end', async () => {
      await store.put(manifestKey(id(4)), text('0123456789'))
      const range = (offset: number, length: number) => store.get(manifestKey(id(4)), { maxBytes: 10, range: { offset, length } })
      expect(await range(2, 3)).toEqual(text('234'))
      expect(await range(8, 100)).toEqual(text('89'))
      expect(await range(10, 1)).toEqual(Buffer.alloc(0))
      expect(await range(99, 1)).toEqual(Buffer.alloc(0))
      expect(await range(0, 0)).toEqual(Buffer.alloc(0))
      await expect(range(-1, 2)).rejects.toMatchObject({ code: 'object-range' })
      await expect(range(0, 1.5)).rejects.toMatchObject({ code: 'object-range' })
    })

    test('more than maxBytes is refused, a range within it is not', async () => {
      await store.put(manifestKey(id(5)), Buffer.alloc(100))
      await expect(store.get(manifestKey(id(5)), { maxBytes: 99 })).rejects.toMatchObject({ name: 'FormatError', code: 'object-too-large' })
      await expect(store.get(manifestKey(id(5)), { maxBytes: 9, range: { offset: 0, length: 10 } })).rejects.toMatchObject({
        code: 'object-too-large',
      })
      expect(await store.get(manifestKey(id(5)), { maxBytes: 100 })).toHaveLength(100)
      expect(await store.get(manifestKey(id(5)), { maxBytes: 10, range: { offset: 95, length: 50 } })).toHaveLength(5)
    })

    test('a listing is ascending, has sizes, keeps to its prefix and begins after a key', async () => {
      for (const sequence of [11, 2, 100, 0]) {
        await store.put(journalKey(sequence), Buffer.alloc(sequence))
      }
      await store.put(manifestKey(id(1)), text('m'))
      expect(await Array.fromAsync(store.list('journal/'))).toEqual(
        [0, 2, 11, 100].map((sequence) => ({ key: journalKey(sequence), bytes: sequence })),
      )
      expect(await keysOf(store, 'journal/', journalKey(2))).toEqual([journalKey(11), journalKey(100)])
      expect(await keysOf(store, 'journal/', journalKey(50))).toEqual([journalKey(100)])
      expect(await keysOf(store, 'journal/', journalKey(100))).toEqual([])
    })

    test('packs are listed across their directories, in order, after a key too', async () => {
      const bytes = [0xff, 0x00, 0x7f, 0x10, 0x11]
      for (const byte of bytes) {
        await store.put(packKey(1, id(byte)), Buffer.alloc(1))
        await store.put(packKey(2, id(byte)), Buffer.alloc(1))
      }
      const sorted = bytes.toSorted((a, b) => a - b).map((byte) => packKey(1, id(byte)))
      expect(await keysOf(store, 'packs/data/')).toEqual(sorted)
      expect(await keysOf(store, 'packs/data/', packKey(1, id(0x10)))).toEqual(sorted.slice(2))
      expect(await keysOf(store, 'packs/tree/')).toHaveLength(5)
    })

    test('a listing can be left early and taken up again, 300 objects long', async () => {
      const keys = Array.from({ length: 300 }, (_, i) => journalKey(i))
      await Promise.all(keys.map((key) => store.put(key, text('x'))))
      for await (const { key } of store.list('journal/')) {
        if (key === keys[9]) {
          break
        }
      }
      expect(await keysOf(store, 'journal/')).toEqual(keys)
      expect(await keysOf(store, 'journal/', keys[149])).toEqual(keys.slice(150))
    })

    test('objects may come and go while they are listed', async () => {
      await Promise.all(Array.from({ length: 200 }, (_, i) => store.put(journalKey(i), text('x'))))
      const permit = issuePermit('test', () => true)
      const seen: string[] = []
      for await (const { key } of store.list('journal/')) {
        seen.push(key)
        await store.remove(key, permit)
        await store.put(manifestKey(randomBytes(32)), text('y'))
      }
      expect(new Set(seen).size).toBe(seen.length)
      expect(await keysOf(store, 'journal/')).toEqual([])
    })

    test('remove needs a permit that covers the key', async () => {
      await store.put(journalKey(1), text('x'))
      const other = issuePermit('test', (key) => key === journalKey(2))
      await expect(store.remove(journalKey(1), other)).rejects.toMatchObject({ name: 'AccessError', code: 'no-permit' })
      const forged = { reason: 'forged', covers: () => true }
      await expect(store.remove(journalKey(1), forged)).rejects.toMatchObject({ code: 'no-permit' })
      expect(await store.size(journalKey(1))).toBe(1)
    })

    test('remove takes one object once, and its key is free again', async () => {
      const permit = issuePermit('test', () => true)
      await store.put(journalKey(1), text('x'))
      const answers = await Promise.all(Array.from({ length: 8 }, () => store.remove(journalKey(1), permit)))
      expect(answers.filter((removed) => removed)).toHaveLength(1)
      expect(await store.get(journalKey(1), ANY)).toBeUndefined()
      expect(await store.remove(journalKey(1), permit)).toBe(false)
      expect(await store.put(journalKey(1), text('new'))).toBe('created')
    })

    // LESSONS: rclone serve restic: `../` in a key escaped the root.
    test.each(BAD_KEYS)('the key %j is refused by every method', async (key) => {
      const permit = issuePermit('test', () => true)
      const refused = { name: 'FormatError', code: 'store-key' }
      await expect(store.put(key, text('x'))).rejects.toMatchObject(refused)
      await expect(store.get(key, ANY)).rejects.toMatchObject(refused)
      await expect(store.size(key)).rejects.toMatchObject(refused)
      await expect(store.remove(key, permit)).rejects.toMatchObject(refused)
      await expect(keysOf(store, 'journal/', key === '' ? '/' : key)).rejects.toMatchObject(refused)
      if (key !== 'journal/') {
        await expect(keysOf(store, key as StorePrefix)).rejects.toMatchObject(refused)
      }
    })

    test('close twice is fine, and everything else is over', async () => {
      await store.close()
      await store.close()
      const closed = { name: 'StoreError', code: 'store-closed' }
      await expect(store.put(journalKey(1), text('x'))).rejects.toMatchObject(closed)
      await expect(store.get(journalKey(1), ANY)).rejects.toMatchObject(closed)
      await expect(store.size(journalKey(1))).rejects.toMatchObject(closed)
      await expect(keysOf(store, 'journal/')).rejects.toMatchObject(closed)
    })
  })
}
