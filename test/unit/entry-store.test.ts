// Entries as bytes by position: whatever was put comes back, in any order and size.

import { expect, test } from 'vitest'
import { EntryStore } from '../../src/operations/commit/entry-store.ts'

const SIZES = [100, 1, 65_535, 65_536, 65_537, 300_000, 40, 20_000, 50_000, 128]
const entries = SIZES.map((length, index) => Buffer.alloc(length, index + 1))

test.each([
  ['in order', entries.keys().toArray()],
  ['backwards', entries.keys().toArray().reverse()],
])('entries put %s', (_, order) => {
  const store = new EntryStore(entries.length + 2)
  for (const index of order) store.put(index + 1, entries[index]!)
  for (const [index, entry] of entries.entries()) expect(store.get(index + 1)?.equals(entry), `${entry.length} bytes`).toBe(true)
  expect([store.get(0), store.get(entries.length + 1)]).toEqual([undefined, undefined])
  const joined = store.joined()
  expect(joined.entries.equals(Buffer.concat(entries))).toBe(true)
  expect([...joined.lengths]).toEqual([0, ...SIZES, 0])
})

test('an entry is a copy, and 1,000 small ones are told apart', () => {
  const store = new EntryStore(1000)
  const bytes = Buffer.alloc(4)
  for (let index = 0; index < 1000; index++) {
    bytes.writeUInt32LE(index)
    store.put(index, bytes)
  }
  expect(Array.from({ length: 1000 }, (_, index) => store.get(index)!.readUInt32LE(0))).toEqual([...Array(1000).keys()])
})

test('no entries are none', () => {
  expect(new EntryStore(0).joined()).toMatchObject({ entries: Buffer.alloc(0), lengths: new Uint32Array(0) })
})
