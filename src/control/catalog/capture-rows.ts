// The catalog's rows of captured directories: one SQLite file for each series and root, disposable. A transaction spans the whole
// commit and ends well only after the journal entry stands, so that no row ever names a chunk that was not stored. SPEC §9.2.
// A cache that cannot be used (its disk is full) must not keep a backup from being made: it is then done without.

import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import { toHex } from '../../../format/bytes.ts'
import type { CaptureCache } from '../../operations/commit/cached-directory.ts'
import { sha256 } from '../../repository/crypto/hash.ts'
import { now } from '../../runtime/clock.ts'
import { discard } from '../../runtime/discard.ts'
import { makeDirectories } from '../../runtime/make-directories.ts'
import { isHomeFailure } from './home-errors.ts'
import { removeStaleRows } from './stale-rows.ts'

const SCHEMA_VERSION = 2
const SCHEMA = `
DROP TABLE IF EXISTS meta;
DROP TABLE IF EXISTS directory;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE directory (path TEXT NOT NULL, part INTEGER NOT NULL, row BLOB NOT NULL, PRIMARY KEY (path, part)) STRICT, WITHOUT ROWID;
PRAGMA user_version = ${SCHEMA_VERSION};
`

/** Rows are read and written once each, in the order of the walk: SQLite's own 16 MiB would be memory for nothing. */
const CACHE_KIB = 2048
/** A row of a directory of 1,000 files has 200 kB: in pages of 4 KiB it takes twice the time to write and to read. */
const PAGE_BYTES = 16_384

export class CaptureRows implements CaptureCache {
  readonly #directory: string
  readonly #db: Database.Database
  readonly #get: Database.Statement<[string, number], { row: Buffer }>
  readonly #put: Database.Statement<[string, number, Buffer]>

  private constructor(directory: string, db: Database.Database) {
    this.#directory = directory
    this.#db = db
    this.#get = db.prepare('SELECT row FROM directory WHERE path = ? AND part = ?')
    this.#put = db.prepare('INSERT INTO directory VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET row = excluded.row')
  }

  /**
   * Opens the rows of a capture, which `scope` names, and begins their transaction. They are emptied when the store no longer holds
   * every object that they rely on. Undefined when another commit of the same scope has them, or their disk fails.
   */
  static open(directory: string, scope: readonly (string | Uint8Array)[], held: readonly string[]): CaptureRows | undefined {
    const name = toHex(sha256(...scope.map((part) => sha256(Buffer.from(part))))).slice(0, 32)
    return unlessFailing(() => {
      makeDirectories(directory)
      const db = openOrReplace(path.join(directory, `files-${name}.db`))
      if (db === undefined) return undefined
      const rows = new CaptureRows(directory, db)
      rows.#use(() => forgetUnless(db, new Set(held)))
      return rows
    })
  }

  get(directoryPath: string, part: number): Buffer | undefined {
    return this.#use(() => this.#get.get(directoryPath, part))?.row
  }

  put(directoryPath: string, part: number, row: Buffer): void {
    this.#use(() => this.#put.run(directoryPath, part, row))
    discard(row)
  }

  cut(directoryPath: string, from: number): void {
    this.#use(() => this.#db.prepare('DELETE FROM directory WHERE path = ? AND part >= ?').run(directoryPath, from))
  }

  /** Keeps what was put, which relies on these objects, and takes away what nobody uses. Only after the commit's journal entry stands. */
  keep(reliesOn: readonly string[]): void {
    this.#use(() => {
      const put = this.#db.prepare("INSERT INTO meta VALUES ('relies-on', ?) ON CONFLICT DO UPDATE SET value = excluded.value")
      put.run(JSON.stringify(reliesOn))
      this.#db.exec('COMMIT')
    })
    this.drop()
    unlessFailing(() => removeStaleRows(this.#directory, now()))
  }

  /** Drops what was put. */
  drop(): void {
    this.#rollBack()
    this.#db.close()
  }

  #rollBack(): void {
    unlessFailing(() => this.#db.inTransaction && this.#db.exec('ROLLBACK'))
  }

  /**
   * Does something within the transaction, and nothing at all once that is over: a full disk makes SQLite roll back by itself, and what
   * was put after that would stand at once, though its chunks may never be stored.
   */
  #use<T>(work: () => T): T | undefined {
    if (!this.#db.inTransaction) return undefined
    return unlessFailing(work, () => this.#rollBack())
  }
}

/** Undefined when the disk of the cache fails. */
function unlessFailing<T>(work: () => T, giveUp: () => void = () => undefined): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!isHomeFailure(error)) throw error
    giveUp()
    return undefined
  }
}

/** Empties the rows when they rely on objects that are gone, or have another size. */
function forgetUnless(db: Database.Database, known: ReadonlySet<string>): void {
  const relied = db.prepare<[], { value: string }>("SELECT value FROM meta WHERE name = 'relies-on'").get()
  const fits = relied !== undefined && (JSON.parse(relied.value) as string[]).every((name) => known.has(name))
  if (!fits) db.exec('DELETE FROM directory')
}

/** A cache file that is damaged is no cache: it is made anew. */
function openOrReplace(file: string): Database.Database | undefined {
  for (let attempt = 0; ; attempt++) {
    const db = new Database(file, { timeout: 0 })
    try {
      fs.chmodSync(file, 0o600)
      db.pragma(`page_size = ${PAGE_BYTES}`) // of a new file
      db.pragma('journal_mode = WAL')
      db.pragma('synchronous = NORMAL')
      db.pragma(`cache_size = ${-CACHE_KIB}`)
      db.exec('BEGIN IMMEDIATE')
      if (db.pragma('user_version', { simple: true }) !== SCHEMA_VERSION) db.exec(SCHEMA)
      return db
    } catch (error) {
      db.close()
      const { code } = error as { code?: string }
      if (code?.startsWith('SQLITE_BUSY') === true) return undefined
      if (attempt > 0 || (code !== 'SQLITE_NOTADB' && code !== 'SQLITE_CORRUPT')) throw error
      for (const suffix of ['', '-wal', '-shm']) fs.rmSync(file + suffix, { force: true })
    }
  }
}
