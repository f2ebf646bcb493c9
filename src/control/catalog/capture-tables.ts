// The SQLite file of a capture's rows, in a transaction of its own. What is damaged is no cache: it is made anew.

import fs from 'node:fs'
import Database from 'better-sqlite3'
import { isHomeDamage } from './home-errors.ts'

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

/** A value is of any type where the file was damaged. */
export interface CaptureTables {
  readonly db: Database.Database
  readonly get: Database.Statement<[string, number], { row: unknown }>
  readonly put: Database.Statement<[string, number, Buffer]>
  readonly cut: Database.Statement<[string, number]>
  readonly reliesOn: Database.Statement<[], { value: unknown }>
  readonly putReliesOn: Database.Statement<[string]>
}

/** Opens the tables and begins their transaction; a damaged file is replaced. Undefined when another commit has them. */
export function openTables(file: string): CaptureTables | undefined {
  for (let attempt = 0; ; attempt++) {
    const db = new Database(file, { timeout: 0 })
    try {
      begin(db, file)
      return prepared(db)
    } catch (error) {
      if (attempt === 0 && isHomeDamage(error)) removeTables(db, file)
      else {
        db.close()
        if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY') === true) return undefined
        throw error
      }
    }
  }
}

/** Removes the file while it is still open: whoever opens it next makes one of their own, which a later removal would hit. */
export function removeTables(db: Database.Database, file: string): void {
  for (const suffix of ['', '-wal', '-shm']) fs.rmSync(file + suffix, { force: true })
  db.close()
}

function begin(db: Database.Database, file: string): void {
  fs.chmodSync(file, 0o600)
  db.pragma(`page_size = ${PAGE_BYTES}`) // of a new file
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = NORMAL')
  db.pragma(`cache_size = ${-CACHE_KIB}`)
  db.exec('BEGIN IMMEDIATE')
  if (db.pragma('user_version', { simple: true }) !== SCHEMA_VERSION) db.exec(SCHEMA)
}

function prepared(db: Database.Database): CaptureTables {
  return {
    db,
    get: db.prepare('SELECT row FROM directory WHERE path = ? AND part = ?'),
    put: db.prepare('INSERT INTO directory VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET row = excluded.row'),
    cut: db.prepare('DELETE FROM directory WHERE path = ? AND part >= ?'),
    reliesOn: db.prepare("SELECT value FROM meta WHERE name = 'relies-on'"),
    putReliesOn: db.prepare("INSERT INTO meta VALUES ('relies-on', ?) ON CONFLICT DO UPDATE SET value = excluded.value"),
  }
}
