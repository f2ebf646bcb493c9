// The catalog's SQLite file: opened to be written, or read into memory where its disk takes nothing.

import fs from 'node:fs'
import Database from 'better-sqlite3'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS place (location TEXT PRIMARY KEY, repository BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS pin (repository BLOB PRIMARY KEY, sequence INTEGER NOT NULL, hash BLOB NOT NULL, state BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS verified (repository BLOB NOT NULL, pack BLOB NOT NULL, at INTEGER NOT NULL, ok INTEGER NOT NULL,
  PRIMARY KEY (repository, pack)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS job (id INTEGER PRIMARY KEY, repository BLOB NOT NULL, command TEXT NOT NULL, started INTEGER NOT NULL,
  ended INTEGER, outcome TEXT) STRICT;
CREATE TABLE IF NOT EXISTS plan (digest BLOB PRIMARY KEY, at INTEGER NOT NULL, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
`
const SCHEMA_VERSION = 2
const BUSY_MS = 10_000
/** Where a database file says that its log is a file beside it: 2 twice. In memory there is none. */
const LOG_MODE_OFFSET = 18

/** Opens the catalog to be written; made when it is missing. @throws what the disk and SQLite say. */
export function openDatabase(file: string): Database.Database {
  if (!fs.existsSync(file)) fs.closeSync(fs.openSync(file, 'a', 0o600))
  const db = new Database(file, { timeout: BUSY_MS })
  try {
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    const version = db.pragma('user_version', { simple: true }) as number
    if (version < SCHEMA_VERSION) db.exec(`${SCHEMA}PRAGMA user_version = ${SCHEMA_VERSION};`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * The catalog as it is, in memory: what is written to it is lost. Empty when there is none.
 * @throws when there is one that cannot be read whole: a pin that is not known could be rolled back unseen.
 */
export function frozenDatabase(file: string): Database.Database {
  const bytes = catalogBytes(file)
  const db = new Database(bytes ?? ':memory:')
  db.exec(SCHEMA)
  return db
}

function catalogBytes(file: string): Buffer | undefined {
  if (isAbsentOrEmpty(file)) return undefined
  const bytes = serialized(file)
  bytes.fill(1, LOG_MODE_OFFSET, LOG_MODE_OFFSET + 2)
  return bytes
}

/** By SQLite, which knows what its log holds; else as the file is, when no log lies beside it. */
function serialized(file: string): Buffer {
  try {
    const db = new Database(file, { readonly: true, timeout: BUSY_MS })
    try {
      return db.serialize()
    } finally {
      db.close()
    }
  } catch (error) {
    if (!isAbsentOrEmpty(`${file}-wal`)) throw error
    return fs.readFileSync(file)
  }
}

function isAbsentOrEmpty(file: string): boolean {
  try {
    return fs.statSync(file).size === 0
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return true
    throw error
  }
}
