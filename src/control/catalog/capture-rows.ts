// The catalog's rows of captured directories: one SQLite file for each series and root, disposable. A transaction spans the whole
// commit and ends well only after the journal entry stands, so that no row ever names a chunk that was not stored. SPEC §9.2.
// A cache that cannot be used must not keep a backup from being made. When its disk is full it is done without; when damage shows it is
// made anew on the spot, and what was read of it until then stands: each row has a checksum (directory-row.ts).

import path from 'node:path'
import { toHex } from '../../../format/bytes.ts'
import type { CaptureCache } from '../../operations/commit/cached-directory.ts'
import { sha256 } from '../../repository/crypto/hash.ts'
import { now } from '../../runtime/clock.ts'
import { discard } from '../../runtime/discard.ts'
import { makeDirectories } from '../../runtime/make-directories.ts'
import { type CaptureTables, openTables, removeTables } from './capture-tables.ts'
import { isHomeDamage, isHomeFailure } from './home-errors.ts'
import { removeStaleRows } from './stale-rows.ts'

export class CaptureRows implements CaptureCache {
  readonly #file: string
  /** Undefined once their transaction is over: what was put after that would stand at once, though its chunks may never be stored. */
  #tables: CaptureTables | undefined

  private constructor(file: string, tables: CaptureTables) {
    this.#file = file
    this.#tables = tables
  }

  /**
   * Opens the rows of a capture, which `scope` names, and begins their transaction. They are emptied when the store no longer holds
   * every object that they rely on. Undefined when another commit of the same scope has them, or their disk fails.
   */
  static open(directory: string, scope: readonly (string | Uint8Array)[], held: readonly string[]): CaptureRows | undefined {
    const name = toHex(sha256(...scope.map((part) => sha256(Buffer.from(part))))).slice(0, 32)
    const file = path.join(directory, `files-${name}.db`)
    return unlessFailing(() => {
      makeDirectories(directory)
      const tables = openTables(file)
      if (tables === undefined) return undefined
      const rows = new CaptureRows(file, tables)
      rows.#use((each) => forgetUnless(each, new Set(held)))
      return rows
    })
  }

  get(directoryPath: string, part: number): Buffer | undefined {
    const row = this.#use(({ get }) => get.get(directoryPath, part))?.row
    return Buffer.isBuffer(row) ? row : undefined
  }

  put(directoryPath: string, part: number, row: Buffer): void {
    this.#use(({ put }) => put.run(directoryPath, part, row))
    discard(row)
  }

  cut(directoryPath: string, from: number): void {
    this.#use(({ cut }) => cut.run(directoryPath, from))
  }

  /** Keeps what was put, which relies on these objects, and takes away what nobody uses. Only after the commit's journal entry stands. */
  keep(reliesOn: readonly string[]): void {
    this.#use(({ db, putReliesOn }) => {
      putReliesOn.run(JSON.stringify(reliesOn))
      db.exec('COMMIT')
    })
    this.drop()
    unlessFailing(() => removeStaleRows(path.dirname(this.#file), now()))
  }

  /** Drops what was put. */
  drop(): void {
    const db = this.#tables?.db
    this.#tables = undefined
    unlessFailing(() => db?.inTransaction === true && db.exec('ROLLBACK'))
    db?.close()
  }

  /**
   * Does something within the transaction, and nothing at all once that is over: a full disk makes SQLite roll back by itself. What was
   * put before damage showed is lost with it.
   */
  #use<T>(work: (tables: CaptureTables) => T): T | undefined {
    const tables = this.#tables
    if (tables === undefined) return undefined
    return unlessFailing(
      () => work(tables),
      (error) => (isHomeDamage(error) ? this.#replace(tables) : this.drop()),
    )
  }

  /** For this commit's rows, so that the next one does not have to read everything, too. */
  #replace({ db }: CaptureTables): void {
    this.#tables = undefined
    unlessFailing(
      () => {
        removeTables(db, this.#file)
        this.#tables = openTables(this.#file)
      },
      () => db.close(),
    )
  }
}

/** Undefined when the disk of the cache fails, or the cache is damaged. */
function unlessFailing<T>(work: () => T, giveUp: (error: unknown) => void = () => undefined): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!isHomeFailure(error)) throw error
    giveUp(error)
    return undefined
  }
}

/** Empties the rows when they rely on objects that are gone, or have another size. */
function forgetUnless({ db, reliesOn }: CaptureTables, known: ReadonlySet<string>): void {
  const names = namesIn(reliesOn.get()?.value)
  const fits = names?.every((name) => known.has(name)) === true
  if (!fits) db.exec('DELETE FROM directory')
}

/** Undefined when nothing was kept, or it is damaged. */
function namesIn(json: unknown): string[] | undefined {
  if (typeof json !== 'string') return undefined
  try {
    const names: unknown = JSON.parse(json)
    return Array.isArray(names) ? names : undefined
  } catch {
    return undefined
  }
}
