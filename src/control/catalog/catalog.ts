// What a client remembers between runs, in SQLite under its home: pins, which are never disposable, and what was verified when.

import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import type { Id } from '../../../format/bytes.ts'
import type { Pin } from '../../repository/journal/pins.ts'
import type { RepositoryMemory } from '../../repository/open.ts'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS place (location TEXT PRIMARY KEY, repository BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS pin (repository BLOB PRIMARY KEY, sequence INTEGER NOT NULL, hash BLOB NOT NULL, state BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS verified (repository BLOB NOT NULL, pack BLOB NOT NULL, at INTEGER NOT NULL, ok INTEGER NOT NULL,
  PRIMARY KEY (repository, pack)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS job (id INTEGER PRIMARY KEY, repository BLOB NOT NULL, command TEXT NOT NULL, started INTEGER NOT NULL,
  ended INTEGER, outcome TEXT) STRICT;
`
const BUSY_MS = 10_000

export class Catalog implements RepositoryMemory {
  readonly #db: Database.Database

  /** Opens the catalog of a home directory; made when it is missing. */
  constructor(directory: string) {
    const file = path.join(directory, 'catalog.db')
    if (!fs.existsSync(file)) fs.closeSync(fs.openSync(file, 'a', 0o600))
    this.#db = new Database(file, { timeout: BUSY_MS })
    this.#db.pragma('journal_mode = WAL')
    this.#db.pragma('synchronous = FULL')
    if (this.#db.pragma('user_version', { simple: true }) === 0) this.#db.exec(`${SCHEMA}PRAGMA user_version = 1;`)
  }

  /** The repository that was last seen at a place. */
  repositoryAt(location: string): Buffer | undefined {
    const row = this.#db.prepare<[string], { repository: Buffer }>('SELECT repository FROM place WHERE location = ?').get(location)
    return row?.repository
  }

  setPlace(location: string, repository: Id): void {
    this.#db.prepare('INSERT INTO place VALUES (?, ?) ON CONFLICT DO UPDATE SET repository = excluded.repository').run(location, repository)
  }

  pinOf(repository: Id): { pin: Pin; state: Buffer } | undefined {
    type Row = { sequence: number; hash: Buffer; state: Buffer }
    const row = this.#db.prepare<[Id], Row>('SELECT sequence, hash, state FROM pin WHERE repository = ?').get(repository)
    return row === undefined ? undefined : { pin: { sequence: row.sequence, hash: row.hash }, state: row.state }
  }

  setPin(repository: Id, pin: Pin, state: Uint8Array): void {
    this.#db
      .prepare('INSERT INTO pin VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, state = excluded.state')
      .run(repository, pin.sequence, pin.hash, state)
  }

  close(): void {
    this.#db.close()
  }
}
