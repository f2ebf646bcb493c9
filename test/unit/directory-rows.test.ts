// A directory in several rows of the catalog: names find their places again whatever came and went, nothing that did not change is
// read again, and rows that are lost, damaged or of another state are never trusted. SPEC §9.2.

import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ENTRY_DIRECTORY, ENTRY_FILE } from '../../format/tree.ts'
import { CaptureRows } from '../../src/control/catalog/capture-rows.ts'
import { CachedDirectory, type CaptureCache, type Comparison } from '../../src/operations/commit/cached-directory.ts'
import type { CommitOutcome } from '../../src/operations/commit/commit.ts'
import { DirectoryNode } from '../../src/operations/commit/directory-node.ts'
import { PART_NAMES, partCount } from '../../src/operations/commit/directory-row.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { shiftClock } from '../../src/runtime/clock.ts'
import { StatRecords, statRecord } from '../../src/sources/filesystem/stat-record.ts'
import { keyOf, MemoryRows } from '../support/memory-rows.ts'
import { removeTree } from '../support/random-tree.ts'
import { commitIn, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { scratch } from '../support/scratch.ts'
import { linesInSnapshot, linesOnDisk } from '../support/tree.ts'

const STAT = fs.statSync('.', { bigint: true })

/** Stat records of which each tells its name. */
function statsOf(names: readonly string[]): StatRecords {
  const stats = new StatRecords(names.length)
  for (const [index, name] of names.entries()) stats.copyFrom(index, Buffer.from(name.padEnd(64)), 0)
  return stats
}

function entryOf(name: string): Buffer {
  return Buffer.from(`entry of ${name}`)
}

/** Remembers a directory of these names, of which those that end in `/` are directories; returns its rows. */
function remembered(names: readonly string[], rows = new MemoryRows(), cached?: CachedDirectory): MemoryRows {
  const node = new DirectoryNode(undefined, 0, undefined as never, 'it', undefined as never)
  node.names = names
  node.types = Uint8Array.from(names, (name) => (name.endsWith(' dir') ? ENTRY_DIRECTORY : ENTRY_FILE))
  node.stats = statsOf(names)
  node.cached = cached
  for (const [index, name] of names.entries()) node.putEntry(index, entryOf(name))
  node.remember(rows, Buffer.alloc(64, 1), Buffer.from('own entry'))
  return rows
}

function read(rows: CaptureCache): CachedDirectory {
  return CachedDirectory.read(rows, 'it')!
}

/** The places of names as a plain map tells them, and the entries there. */
function expectLikeModel(cached: CachedDirectory, comparison: Comparison, before: readonly string[], names: readonly string[]): void {
  const places = new Map(before.map((name, place) => [name, place]))
  expect([...comparison.places]).toEqual(names.map((name) => places.get(name) ?? -1))
  expect([...comparison.unchanged]).toEqual(names.map((name) => (places.has(name) && !name.endsWith(' dir') ? 1 : 0)))
  expect(comparison.hasSameNames).toBe(before.join('/') === names.join('/'))
  for (const name of names) {
    const place = places.get(name)
    if (place !== undefined && !name.endsWith(' dir')) expect(cached.entryAt(place).toString()).toBe(entryOf(name).toString())
  }
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${String(index).padStart(6, '0')}${index % 5 === 0 ? ' dir' : ''}`)
}

describe('the rows of a directory', () => {
  const all = numbered(3 * PART_NAMES + 10)

  test.each([0, 1, PART_NAMES - 1, PART_NAMES, PART_NAMES + 1, 2 * PART_NAMES, 3 * PART_NAMES + 10])('of %i names', (count) => {
    const names = all.slice(0, count)
    const rows = remembered(names)
    expect(rows.rows.size).toBe(Math.max(1, Math.ceil(count / PART_NAMES)))
    const cached = read(rows)
    expect([cached.partCount, cached.head.ownEntry.toString(), cached.head.ownStat]).toEqual([
      rows.rows.size,
      'own entry',
      Buffer.alloc(64, 1),
    ])
    expectLikeModel(cached, cached.compare(names, statsOf(names)), names, names)
  })

  test.each<[string, (name: string, index: number) => boolean]>([
    ['the first', (_, index) => index !== 0],
    ['the last', (_, index) => index !== all.length - 1],
    ['the last of a row', (_, index) => index !== PART_NAMES - 1],
    ['the first of a row', (_, index) => index !== PART_NAMES],
    ['a whole row', (_, index) => Math.floor(index / PART_NAMES) !== 1],
    ['the first row', (_, index) => index >= PART_NAMES],
    ['all but one', (_, index) => index === 2 * PART_NAMES + 7],
    ['all', () => false],
    ['every third', (_, index) => index % 3 !== 0],
    ['those at all borders', (_, index) => index % PART_NAMES > 1 && index % PART_NAMES < PART_NAMES - 2],
  ])('when %s came or went', (_, stays) => {
    const fewer = all.filter(stays)
    for (const [before, names] of [[all, fewer] as const, [fewer, all] as const]) {
      const cached = read(remembered(before))
      expectLikeModel(cached, cached.compare(names, statsOf(names)), before, names)
    }
  })

  test('a stat record that is another makes one name changed', () => {
    const cached = read(remembered(all))
    const stats = statsOf(all)
    const at = [PART_NAMES - 1, PART_NAMES, PART_NAMES + 1, all.length - 1]
    for (const index of at) stats.copyFrom(index, statRecord({ ...statLike(), sizeBytes: 5 }), 0)
    const { unchanged, hasSameNames } = cached.compare(all, stats)
    expect(hasSameNames).toBe(true)
    expect([...unchanged.entries()].flatMap(([index, is]) => (is === 0 && index % 5 !== 0 ? [index] : []))).toEqual(
      at.filter((index) => index % 5 !== 0),
    )
  })

  test('a smaller directory leaves no rows behind', () => {
    const rows = remembered(all)
    remembered(all.slice(0, 5), rows, read(rows))
    expect([...rows.rows.keys()]).toEqual([keyOf('it', 0)])
  })

  test.each<[string, (rows: Map<string, Buffer>, key: string) => void]>([
    ['lost', (rows, key) => rows.delete(key)],
    ['damaged', (rows, key) => rows.get(key)!.writeUInt8(rows.get(key)!.at(-1)! ^ 1, rows.get(key)!.length - 1)],
    ['cut', (rows, key) => rows.set(key, rows.get(key)!.subarray(0, -1))],
    ['empty', (rows, key) => rows.set(key, Buffer.alloc(0))],
    [
      'of another state',
      (rows, key) => rows.set(key, remembered([...all.slice(0, PART_NAMES + 1), ...all.slice(PART_NAMES + 2)]).rows.get(key)!),
    ],
    ['of another number', (rows, key) => rows.set(key, rows.get(keyOf('it', 2))!)],
  ])('a row that is %s is not trusted, and the others are', (_, spoil) => {
    const rows = remembered(all)
    spoil(rows.rows, keyOf('it', 1))
    const { places, unchanged, hasSameNames } = read(rows).compare(all, statsOf(all))
    expect(hasSameNames).toBe(false)
    const isOfIt = (index: number): boolean => partCount(index + 1) === 2
    expect([...places]).toEqual(all.map((__, index) => (isOfIt(index) ? -1 : index)))
    expect([...unchanged]).toEqual(all.map((__, index) => (isOfIt(index) || index % 5 === 0 ? 0 : 1)))
  })

  test('when the names of a lost row went as well, the names are not the same', () => {
    const rows = remembered(all.slice(0, PART_NAMES + 1))
    rows.rows.delete(keyOf('it', 1))
    const names = all.slice(0, PART_NAMES)
    expect(read(rows).compare(names, statsOf(names)).hasSameNames).toBe(false)
  })

  test('without its first row it is not known', () => {
    const rows = remembered(all)
    rows.rows.get(keyOf('it', 0))![20]! ^= 1
    expect(CachedDirectory.read(rows, 'it')).toBeUndefined()
    rows.rows.delete(keyOf('it', 0))
    expect(CachedDirectory.read(rows, 'it')).toBeUndefined()
  })
})

function statLike(): Parameters<typeof statRecord>[0] {
  const time = { seconds: 1, nanoseconds: 1 }
  return {
    dev: 1,
    ino: STAT.ino,
    mode: 0o100644,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdevMajor: 0,
    rdevMinor: 0,
    sizeBytes: 0,
    blocks: 0,
    mtime: time,
    ctime: time,
    btime: time,
  }
}

describe('commits of a directory of several rows', () => {
  const COUNT = 2 * PART_NAMES + 3
  const { at } = scratch()
  let store: MemoryStore
  let owner: TestOwner

  beforeEach(async () => {
    shiftClock(60_000) // the rows count: nothing changed just now
    fs.mkdirSync(at('tree/wide'), { recursive: true })
    for (const name of numbered(COUNT)) fs.writeFileSync(at('tree/wide', name), '')
    store = new MemoryStore()
    owner = await initIn(store)
  })
  afterEach(() => {
    shiftClock(0)
    for (const name of ['tree', 'cache']) removeTree(at(name))
  })

  async function expectNews(outcome: CommitOutcome, news: { newFiles: number; changedFiles: number }): Promise<void> {
    expect(outcome.manifest.statistics).toMatchObject(news)
    const repository = await openAs(store, owner)
    expect(await linesInSnapshot(repository, repository.journal.state.snapshots.at(-1)!)).toEqual(linesOnDisk(at('tree')))
  }

  /** Commits with the program's own rows; the process dies before it keeps them where `keeps` says so. */
  async function commitWithRows(keeps = true): Promise<CommitOutcome> {
    let rows: CaptureRows | undefined
    const outcome = await commitIn(store, owner, at('tree'), {
      openCache: (held) => (rows = CaptureRows.open(at('cache'), ['scope'], held)),
    })
    if (keeps) rows?.keep(outcome.reliesOn)
    else rows?.drop()
    return outcome
  }

  function write(index: number, content: string): void {
    fs.writeFileSync(at('tree/wide', numbered(index + 1).at(-1)!), content)
  }

  test('nothing is read again but what changed, wherever it stands', async () => {
    await expectNews(await commitWithRows(), { newFiles: COUNT, changedFiles: 0 })
    await expectNews(await commitWithRows(), { newFiles: 0, changedFiles: 0 })
    for (const index of [0, PART_NAMES - 1, PART_NAMES, COUNT - 1]) write(index, 'changed')
    await expectNews(await commitWithRows(), { newFiles: 0, changedFiles: 4 })
    fs.writeFileSync(at('tree/wide', 'a new one, the last'), 'new')
    fs.writeFileSync(at('tree/wide', '!a new one, the first'), 'new')
    await expectNews(await commitWithRows(), { newFiles: 2, changedFiles: 0 })
    for (const name of numbered(COUNT).slice(10, PART_NAMES + 20)) fs.rmSync(at('tree/wide', name))
    await expectNews(await commitWithRows(), { newFiles: 0, changedFiles: 0 })
    await expectNews(await commitWithRows(), { newFiles: 0, changedFiles: 0 })
    for (const name of numbered(COUNT)) fs.rmSync(at('tree/wide', name), { force: true })
    await expectNews(await commitWithRows(), { newFiles: 0, changedFiles: 0 })
  })

  test('a commit that did not end leaves all rows as they were', async () => {
    await commitWithRows()
    write(0, 'changed')
    write(COUNT - 1, 'changed')
    await commitWithRows(false)
    await expectNews(await commitWithRows(), { newFiles: 0, changedFiles: 2 })
  })

  test('of two commits at once one has the rows, and the other reads all', async () => {
    await commitWithRows()
    write(PART_NAMES, 'changed')
    const both = await Promise.all([commitWithRows(), commitWithRows()])
    const counts = both.map(({ manifest }) => [manifest.statistics.newFiles, manifest.statistics.changedFiles])
    expect(counts.sort(([one = 0], [other = 0]) => one - other)).toEqual([
      [0, 1],
      [COUNT, 0],
    ])
    await expectNews(await commitWithRows(), { newFiles: 0, changedFiles: 0 })
  })

  test('a row that is lost makes its files be read again, once', async () => {
    await commitWithRows()
    const [file] = fs.readdirSync(at('cache')).filter((name) => name.endsWith('.db'))
    const db = new Database(path.join(at('cache'), file!))
    expect(db.prepare("DELETE FROM directory WHERE path = 'wide' AND part = 1").run().changes).toBe(1)
    db.close()
    await expectNews(await commitWithRows(), { newFiles: PART_NAMES, changedFiles: 0 })
    await expectNews(await commitWithRows(), { newFiles: 0, changedFiles: 0 })
  })

  test('rows of another version are made anew', async () => {
    await commitWithRows()
    const [file] = fs.readdirSync(at('cache')).filter((name) => name.endsWith('.db'))
    const db = new Database(path.join(at('cache'), file!))
    db.exec('DROP TABLE directory; CREATE TABLE directory (path TEXT PRIMARY KEY, row BLOB NOT NULL); PRAGMA user_version = 1')
    db.close()
    await expectNews(await commitWithRows(), { newFiles: COUNT, changedFiles: 0 })
    await expectNews(await commitWithRows(), { newFiles: 0, changedFiles: 0 })
  })
})
