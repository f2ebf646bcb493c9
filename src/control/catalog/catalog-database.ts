// The catalog's SQLite file: opened to be written, or read into memory where its disk takes nothing. It appears whole or not at all, so
// that what is empty, or no file, is damage and never a first run. SPEC §9.1.8

import fs from 'node:fs'
import Database from 'better-sqlite3'
import { randomBytes } from '../../runtime/random.ts'
import { damagedHome } from './home-errors.ts'

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
/** What link(2) says on a file system that has no hard links. */
const NO_LINKS = /^(EPERM|EOPNOTSUPP|ENOTSUP|ENOSYS|EMLINK)$/

/** Opens the catalog to be written; made when it is missing. @throws what the disk and SQLite say, and as `hasDatabase`. */
export function openDatabase(file: string): Database.Database {
  if (!hasDatabase(file)) makeDatabase(file)
  return openToWrite(file)
}

/**
 * The catalog as it is, in memory: what is written to it is lost. Empty when there is none.
 * @throws when there is one that cannot be read whole: a pin that is not known could be rolled back unseen.
 */
export function frozenDatabase(file: string): Database.Database {
  const db = new Database(hasDatabase(file) ? databaseBytes(file) : ':memory:')
  db.exec(SCHEMA)
  return db
}

/** Whether there is a catalog. @throws {StoreError} `home-damaged` when something is there that cannot be one. */
export function hasDatabase(file: string): boolean {
  const hasLog = isFilled(logOf(file)) // asked first: whoever makes a catalog makes the file, and then the log
  const found = fs.statSync(file, { throwIfNoEntry: false })
  if (found?.isFile() === false) throw damagedHome(file, 'it is no file')
  if (found?.size === 0) throw damagedHome(file, 'it is empty')
  if (found !== undefined) return true
  if (fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined) throw damagedHome(file, 'it is a link that leads nowhere')
  // SQLite would play the log of the lost one into a new one.
  if (hasLog) throw damagedHome(file, `it is gone, and its log ${logOf(file)} is left`)
  return false
}

function logOf(file: string): string {
  return `${file}-wal`
}

function isFilled(file: string): boolean {
  return (fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0
}

function openToWrite(file: string): Database.Database {
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

/** Makes an empty catalog beside its place, which it then takes, unless another process was first. */
function makeDatabase(file: string): void {
  const temporary = `${file}.new-${randomBytes(8).toString('hex')}`
  try {
    fs.closeSync(fs.openSync(temporary, 'wx', 0o600))
    openToWrite(temporary).close()
    place(temporary, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    for (const suffix of ['', '-wal', '-shm']) fs.rmSync(temporary + suffix, { force: true })
  }
}

/** Where there are no links, another process may find half a file: it stops, and does not where it runs again. */
function place(temporary: string, file: string): void {
  try {
    fs.linkSync(temporary, file)
  } catch (error) {
    if (!NO_LINKS.test((error as NodeJS.ErrnoException).code ?? '')) throw error
    fs.copyFileSync(temporary, file, fs.constants.COPYFILE_EXCL)
  }
}

function databaseBytes(file: string): Buffer {
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
    if (isFilled(logOf(file))) throw error
    return fs.readFileSync(file)
  }
}
