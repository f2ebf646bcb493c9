// Names of files with several: how many places are kept until all is known, and how one is told from another.

import { expect, test } from 'vitest'
import { fileKey, KeySet } from '../../src/operations/commit/key-set.ts'
import { ListedLinks } from '../../src/operations/commit/listed-links.ts'
import { MovedLinks } from '../../src/operations/commit/moved-links.ts'
import { statPath } from '../../src/runtime/posix/stat.ts'
import { StatRecords } from '../../src/sources/filesystem/stat-record.ts'

const COUNT = 100_001
const directory = { dev: 7, ino: 0x1_0000_0002n }
const names = Array.from({ length: COUNT }, (_, index) => String(index))
const stats = new StatRecords(COUNT)
const stat = { ...statPath(Buffer.from('/')), nlink: 2, ctime: { seconds: 1, nanoseconds: 0 } }
for (let index = 0; index < COUNT; index++) stats.put(index, { ...stat, ino: 0xffff_ff00n + BigInt(index) })

const listed = new ListedLinks()
const types = new Uint8Array(COUNT).fill(1)
listed.add({ handle: { stat: () => directory } as never, links: new Map([[0, Buffer.alloc(8)]]), names, types, salts: undefined, stats }, 0)

const keyOf = (index: number): bigint => fileKey({ dev: 7, ino: 0xffff_ff00n + BigInt(index) })

test('a listed name is told from every other one', () => {
  const links = new MovedLinks(listed)
  for (let index = 0; index < COUNT; index++) {
    if (links.isUnlisted(keyOf(index), directory, names[index]!)) expect(index).toBe('listed')
    if (!links.isUnlisted(keyOf(index), directory, 'other')) expect(index).toBe('not listed')
  }
  expect(links.isUnlisted(keyOf(5), directory, names[4]!)).toBe(true)
  expect(links.isUnlisted(keyOf(5), { dev: 8, ino: directory.ino }, names[5]!)).toBe(true)
  expect(links.isUnlisted(keyOf(COUNT), directory, names[0]!)).toBe(false)
})

test('a hundred thousand are counted, and all that come then are recorded at once', () => {
  const links = new MovedLinks(listed)
  links.unchanged(fileKey(directory))
  for (let index = 0; index < COUNT; index++) expect(links.add(keyOf(index), index === 0 ? 2 : 3, `place/${index}`)).toBe(index < 100_000)
  const captured = new KeySet()
  for (let index = 0; index < COUNT; index++) captured.addKey(keyOf(index))
  expect([...links.lost(captured)]).toEqual(['place/0'])
})
