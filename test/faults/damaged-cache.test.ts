// A cache of captures whose file is damaged while its header is whole: no commit fails by it, what it captures is right, and the file is
// made anew, so that later commits do not read everything again.

import fs from 'node:fs'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CaptureRows } from '../../src/control/catalog/capture-rows.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { shiftClock } from '../../src/runtime/clock.ts'
import { removeTree } from '../support/random-tree.ts'
import { commitIn, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { noise } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'
import { linesInSnapshot, linesOnDisk } from '../support/tree.ts'

const PAGE_BYTES = 16_384
const DIRECTORIES = 60
const FILES = DIRECTORIES * 10

const OF_ANY_TYPE = 'CREATE TABLE other (path TEXT, part INTEGER, row ANY, PRIMARY KEY (path, part)) STRICT, WITHOUT ROWID'
const RENAMED = 'DROP TABLE directory; ALTER TABLE other RENAME TO directory'

const { at } = scratch()
let store: MemoryStore
let owner: TestOwner

beforeEach(async () => {
  shiftClock(60_000) // the rows count: nothing changed just now
  for (let d = 0; d < DIRECTORIES; d++) {
    fs.mkdirSync(at(`tree/${d}`), { recursive: true })
    for (let f = 0; f < 10; f++) fs.writeFileSync(at(`tree/${d}/${f}${'x'.repeat(100)}`), `${d} ${f}`)
  }
  store = new MemoryStore()
  owner = await initIn(store)
  expect(await commit()).toBe(FILES)
  expect(await commit()).toBe(0)
})
afterEach(() => {
  shiftClock(0)
  for (const name of ['tree', 'cache']) removeTree(at(name))
})

/** Commits with the program's own rows; returns how many files were read. The snapshot holds what is on disk. */
async function commit(): Promise<number> {
  let rows: CaptureRows | undefined
  const outcome = await commitIn(store, owner, at('tree'), {
    openCache: (held) => (rows = CaptureRows.open(at('cache'), ['scope'], held)),
  })
  rows?.keep(outcome.reliesOn)
  const repository = await openAs(store, owner)
  expect(await linesInSnapshot(repository, repository.journal.state.snapshots.at(-1)!)).toEqual(linesOnDisk(at('tree')))
  const { newFiles, changedFiles } = outcome.manifest.statistics
  return newFiles + changedFiles
}

function cacheFile(): string {
  return at('cache', fs.readdirSync(at('cache')).find((name) => name.endsWith('.db'))!)
}

/** Overwrites the first bytes of every page from `first` on with noise. */
function damagePages(first: number, end = Number.POSITIVE_INFINITY): void {
  const bytes = fs.readFileSync(cacheFile())
  const pageCount = bytes.length / PAGE_BYTES
  expect(pageCount).toBeGreaterThan(20)
  for (let page = first; page < Math.min(pageCount, end); page++) noise(page, 64).copy(bytes, page * PAGE_BYTES)
  fs.writeFileSync(cacheFile(), bytes)
}

test('whose pages are all damaged: everything is read, once', async () => {
  damagePages(2)
  expect(await commit()).toBe(FILES)
  expect(await commit()).toBe(0)
})

test('of which one page in the middle is damaged: what was read before it stands, and it is whole again', async () => {
  damagePages(12, 13)
  const readAgain = await commit()
  expect(readAgain).toBeGreaterThan(0)
  await commit() // of what was not put into the new file, as it had not changed
  expect(await commit()).toBe(0)
})

test('that is damaged, and the commit does not end: the file is made anew all the same', async () => {
  damagePages(2)
  const rows = CaptureRows.open(at('cache'), ['scope'], [])!
  expect(rows.get('1', 0)).toBeUndefined()
  rows.put('1', 0, Buffer.from('row of a commit that never stood'))
  rows.drop()
  expect(await commit()).toBe(FILES)
  expect(await commit()).toBe(0)
})

test.each<[string, string]>([
  ['no JSON', "UPDATE meta SET value = '[\"index/'"],
  ['another JSON', "UPDATE meta SET value = '7'"],
  ['no tables', 'DROP TABLE directory'],
  ['text for rows', `${OF_ANY_TYPE}; INSERT INTO other SELECT path, part, 'text' FROM directory; ${RENAMED}`],
  ['other columns', 'ALTER TABLE directory RENAME COLUMN row TO rox'],
])('that holds %s: everything is read, once', async (_, sql) => {
  const db = new Database(cacheFile())
  db.exec(sql)
  db.close()
  expect(await commit()).toBe(FILES)
  expect(await commit()).toBe(0)
})
