// What threads cannot restore: entries with xattrs that are streams, and whatever a block did not give. Each chunk is looked for
// at all its places, then in the packs' directories; what is nowhere makes its file damaged. SPEC §9.3.1

import { CHUNK_DATA } from '../../../format/pack.ts'
import { ENTRY_FILE, type Entry } from '../../../format/tree.ts'
import type { Repository } from '../../repository/repository.ts'
import { DirectoryTable } from '../../targets/directory-table.ts'
import type { CreatedEntry, Piece, PlacedEntry } from '../../targets/tree-writer.ts'
import { isLost } from './damage.ts'
import type { EntryRestorer } from './entry-restorer.ts'
import type { RestoreWorkerData } from './messages.ts'
import type { Tally } from './outcome.ts'
import { coveredBytes, directoryAt, hasStreamXattr, idOf, piecesOf } from './planned-columns.ts'

/** Files up to this size are collected in memory and written in one go. */
const WHOLE_BYTES = 16 << 20

export class ChunkByChunk {
  readonly #repository: Repository
  readonly #data: RestoreWorkerData
  readonly #restorer: EntryRestorer
  readonly #tally: Tally

  constructor(repository: Repository, data: RestoreWorkerData, restorer: EntryRestorer, tally: Tally) {
    this.#repository = repository
    this.#data = data
    this.#restorer = restorer
    this.#tally = tally
  }

  /** Restores an entry of which nothing was written yet. */
  async restoreEntry(index: number): Promise<void> {
    const place = await this.#placed(index)
    await this.#orDamaged(index, place, async () => {
      if (place.entry.type !== ENTRY_FILE) this.#restorer.done(index, place, this.#restorer.writer.createSpecial(place))
      else if (place.entry.content!.size <= WHOLE_BYTES) await this.#writeWhole(index, place)
      else await this.#writeSpread(index, place)
    })
  }

  /** Restores a piece of a spread file. */
  async restorePiece(row: number): Promise<void> {
    const index = this.#data.pieces.entries[row]!
    if (this.#data.progress.failed[index] === 1) return
    const file = this.#restorer.created(index)
    await this.#orDamaged(index, file, async () => {
      await this.#writePiece(file, row)
      this.#restorer.arrived(index, 1)
    })
  }

  /** Reads the xattrs of a directory that are streams, and sets all its metadata. */
  async finishDirectory(index: number): Promise<void> {
    const entry = await this.#resolved(directoryAt(this.#data.directoryRecords, index), () =>
      new DirectoryTable(this.#data.table).path(index),
    )
    this.#restorer.writer.finishDirectory(index, entry)
  }

  async #placed(index: number): Promise<PlacedEntry> {
    const { directory, entry } = this.#restorer.placed(index)
    return { directory, entry: await this.#resolved(entry, () => this.#path({ directory, entry })) }
  }

  async #writeWhole(index: number, place: PlacedEntry): Promise<void> {
    const { from, end } = piecesOf(this.#data.entries, index)
    const pieces: Piece[] = []
    for (let row = from; row < end; row++) pieces.push(await this.#readPiece(row))
    const whole = this.#restorer.writer.writeFile(place, pieces)
    if (whole) this.#restorer.wrote(pieces)
    this.#restorer.done(index, place, whole)
  }

  async #writeSpread(index: number, place: PlacedEntry): Promise<void> {
    const inode = this.#restorer.writer.allocateFile(place, coveredBytes(this.#data, index))
    if (inode === undefined) return this.#restorer.done(index, place, false)
    this.#data.progress.inodes[index] = inode
    const file: CreatedEntry = { ...place, inode }
    const { from, end } = piecesOf(this.#data.entries, index)
    for (let row = from; row < end; row++) await this.#writePiece(file, row)
    if (this.#data.progress.failed[index] === 0) this.#restorer.done(index, file, this.#restorer.writer.finishFile(file))
  }

  async #writePiece(file: CreatedEntry, row: number): Promise<void> {
    const piece = await this.#readPiece(row)
    if (this.#restorer.writer.writePieces(file, [piece])) this.#restorer.wrote([piece])
    else this.#data.progress.failed[this.#data.pieces.entries[row]!] = 1
  }

  async #readPiece(row: number): Promise<Piece> {
    const { ats, lengths } = this.#data.pieces
    const bytes = await this.#repository.readChunk(CHUNK_DATA, idOf(this.#data.pieces, row).slice(), lengths[row])
    return { bytes, at: ats[row]! }
  }

  /** The entry with all its xattrs in memory; one that cannot be read is left out and reported. */
  async #resolved(entry: Entry, path: () => Buffer): Promise<Entry> {
    if (!hasStreamXattr(entry)) return entry
    const { xattrs = [], ...rest } = entry
    const kept: { name: Uint8Array; value: Uint8Array }[] = []
    for (const { name, value } of xattrs) {
      try {
        kept.push({
          name,
          value: value instanceof Uint8Array ? value : Buffer.concat(await Array.fromAsync(this.#repository.readFile(value))),
        })
      } catch (error) {
        if (!isLost(error, this.#tally.keepGoing)) throw error
        this.#tally.report(
          { path: path(), kind: 'damaged', message: `the xattr ${Buffer.from(name).toString()} is left out: ${error.message}` },
          error,
        )
      }
    }
    return kept.length === 0 ? rest : { ...rest, xattrs: kept }
  }

  async #orDamaged(index: number, place: PlacedEntry, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      if (!isLost(error, this.#tally.keepGoing)) throw error
      this.#data.progress.failed[index] = 1
      this.#tally.report({ path: this.#path(place), kind: 'damaged', message: `left out: ${error.message}` }, error)
    }
  }

  #path({ directory, entry }: PlacedEntry): Buffer {
    return new DirectoryTable(this.#data.table).path(directory, entry.name)
  }
}
