// What a client remembers between runs, in SQLite under its home: pins, which are never disposable, and what was verified when.

import path from 'node:path'
import type Database from 'better-sqlite3'
import type { Id } from '../../../format/bytes.ts'
import { damagedPacks, type VerifiedPack } from '../../operations/verify/sample.ts'
import type { Pin } from '../../repository/journal/pins.ts'
import type { RepositoryMemory } from '../../repository/open.ts'
import { now } from '../../runtime/clock.ts'
import { frozenDatabase, hasDatabase, openDatabase } from './catalog-database.ts'
import { damagedHome, type HomeError, homeError, isHomeError, withHomeErrors } from './home-errors.ts'
import { guardedState, openPinRow, type PinRow } from './pin-row.ts'

/** Plans that were shown are remembered, so that it can be said what changed since; the oldest go. */
const KEPT_PLANS = 100

const NAME = 'catalog.db'
/** Where the catalog may hold a pin that cannot be read, nobody goes on. SPEC §9.1.8 */
const STOPS = /^home-(busy|damaged)$/

export class Catalog implements RepositoryMemory {
  readonly #file: string
  readonly #db: Database.Database
  readonly #mayForget: boolean
  #forgets: HomeError | undefined

  /**
   * Opens the catalog of a home directory; made when it is missing. Whoever only reads may go on where it cannot be written: it then
   * knows what it knew, and forgets what comes.
   * @throws {HomeError} `home-*`, as all that it does.
   */
  constructor(directory: string, { mayForget = false } = {}) {
    this.#file = path.join(directory, NAME)
    this.#mayForget = mayForget
    this.#db = withHomeErrors(this.#file, () => this.#open())
  }

  /** Whether a home directory has one. @throws {HomeError} `home-*` when that cannot be told, or what is there cannot be one. */
  static isIn(directory: string): boolean {
    const file = path.join(directory, NAME)
    return withHomeErrors(file, () => hasDatabase(file))
  }

  /** Why something was not remembered; undefined when everything was. */
  get forgets(): HomeError | undefined {
    return this.#forgets
  }

  #open(): Database.Database {
    try {
      return openDatabase(this.#file)
    } catch (error) {
      const told = homeError(error, this.#file)
      if (!this.#mayForget || !isHomeError(told) || STOPS.test(told.code)) throw error
      this.#forgets = told
      return frozenDatabase(this.#file)
    }
  }

  /** The repository that was last seen at a place. */
  repositoryAt(location: string): Buffer | undefined {
    return this.#reading(() => {
      const row = this.#db.prepare<[string], { repository: Buffer }>('SELECT repository FROM place WHERE location = ?').get(location)
      if (!Buffer.isBuffer(row?.repository)) this.#assertWhole()
      return row?.repository
    })
  }

  setPlace(location: string, repository: Id): void {
    this.#write('INSERT INTO place VALUES (?, ?) ON CONFLICT DO UPDATE SET repository = excluded.repository', location, repository)
  }

  pinOf(repository: Id): { pin: Pin; state: Buffer } | undefined {
    return this.#reading(() => {
      const row = this.#db.prepare<[Id], PinRow>('SELECT sequence, hash, state FROM pin WHERE repository = ?').get(repository)
      if (!Buffer.isBuffer(row?.hash) || !Buffer.isBuffer(row.state)) this.#assertWhole()
      const found = row && openPinRow(row)
      if (found === undefined && row !== undefined) throw damagedHome(this.#file, 'what it says of a repository is not what was written')
      return found
    })
  }

  setPin(repository: Id, pin: Pin, state: Uint8Array): void {
    const put = 'INSERT INTO pin VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE'
    this.#write(
      `${put} SET sequence = excluded.sequence, hash = excluded.hash, state = excluded.state`,
      repository,
      pin.sequence,
      pin.hash,
      guardedState(pin, state),
    )
  }

  /** Remembers a plan that was shown, by its digest. */
  rememberPlan(digest: Uint8Array, json: string): void {
    this.#write('INSERT INTO plan VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at', digest, now(), json)
    this.#write('DELETE FROM plan WHERE digest IN (SELECT digest FROM plan ORDER BY at DESC LIMIT -1 OFFSET ?)', KEPT_PLANS)
  }

  /** A plan that was shown on this machine; undefined when it was not, or long ago. */
  shownPlan(digest: Uint8Array): string | undefined {
    return this.#reading(() => this.#db.prepare<[Uint8Array], { json: string }>('SELECT json FROM plan WHERE digest = ?').get(digest))?.json
  }

  /** When each pack of a repository was verified on this machine, and whether it was in order; by pack id as hex. */
  verifiedPacks(repository: Id): Map<string, VerifiedPack> {
    type Row = { pack: Buffer; at: number; ok: number }
    const packs = new Map<string, VerifiedPack>()
    this.#reading(() => {
      const rows = this.#db.prepare<[Id], Row>('SELECT pack, at, ok FROM verified WHERE repository = ?').iterate(repository)
      for (const { pack, at, ok } of rows) packs.set(pack.toString('hex'), { at, ok: ok === 1 })
    })
    return packs
  }

  /** Packs that verification found damaged, by id as hex. */
  damagedPacks(repository: Id): Set<string> {
    return damagedPacks(this.verifiedPacks(repository))
  }

  /** Remembers that packs were verified now. */
  rememberVerified(repository: Id, packs: Iterable<{ readonly id: Id; readonly ok: boolean }>): void {
    const at = now()
    const putAll = this.#db.transaction(() => {
      const put = this.#db.prepare('INSERT INTO verified VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, ok = excluded.ok')
      for (const { id, ok } of packs) put.run(repository, id, at, ok ? 1 : 0)
    })
    this.#remembering(() => putAll())
  }

  /** Forgets packs, by id as hex. */
  forgetVerified(repository: Id, packs: Iterable<string>): void {
    const removeAll = this.#db.transaction(() => {
      const remove = this.#db.prepare('DELETE FROM verified WHERE repository = ? AND pack = ?')
      for (const pack of packs) remove.run(repository, Buffer.from(pack, 'hex'))
    })
    this.#remembering(() => removeAll())
  }

  close(): void {
    this.#db.close()
  }

  #reading<T>(work: () => T): T {
    return withHomeErrors(this.#file, work)
  }

  /** A row that is not found was never there, or its page is damaged: only a catalog that is whole is believed that it knows nothing. */
  #assertWhole(): void {
    const found = this.#db.pragma('integrity_check(1)', { simple: true })
    if (found !== 'ok') throw damagedHome(this.#file, `it is damaged (${String(found)})`)
  }

  #write(sql: string, ...values: readonly unknown[]): void {
    this.#remembering(() => this.#db.prepare(sql).run(...values))
  }

  #remembering(work: () => unknown): void {
    try {
      withHomeErrors(this.#file, work)
    } catch (error) {
      if (!this.#mayForget || !isHomeError(error) || error.code === 'home-damaged') throw error
      this.#forgets = error
    }
  }
}
