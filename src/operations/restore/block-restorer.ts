import { equalBytes } from '../../../format/bytes.ts'
import { CHUNK_DATA, PACK_DATA } from '../../../format/pack.ts'
import { ChunkIdentity } from '../../repository/crypto/chunk-id.ts'
import { type PackKeys, PackReader } from '../../repository/pack/pack-reader.ts'
import { discard } from '../../runtime/discard.ts'
import type { Piece } from '../../targets/tree-writer.ts'
import { isDamage } from './damage.ts'
import type { EntryRestorer } from './entry-restorer.ts'
import type { BlocksJob, RestoreWorkerData } from './messages.ts'
import { HOW_WHOLE, idOf, piecesOf } from './planned-columns.ts'

/** A restore does not open the directories of packs. */
const NO_KEY = Buffer.alloc(0)

/** Opens blocks and gives their chunks to the files that want them. */
export class BlockRestorer {
  readonly #data: RestoreWorkerData
  readonly #restorer: EntryRestorer
  readonly #packs: PackReader
  /** Chunks of the open block that were proven, by offset: a chunk that many files share is hashed once. */
  readonly #proven = new Map<number, number>()
  #failedEntries: number[] = []
  #failedPieces: number[] = []

  constructor(data: RestoreWorkerData, restorer: EntryRestorer) {
    this.#data = data
    this.#restorer = restorer
    this.#packs = new PackReader({ repository: data.repository, readKeys: new Map(), identity: new ChunkIdentity(data.idKey) })
  }

  run(job: BlocksJob): { readonly failedEntries: number[]; readonly failedPieces: number[] } {
    this.#failedEntries = []
    this.#failedPieces = []
    for (let block = job.first; block < job.end; block++) this.#restoreBlock(block, this.#open(job, block))
    return { failedEntries: this.#failedEntries, failedPieces: this.#failedPieces }
  }

  /** The raw bytes of a block; undefined when it does not open. */
  #open({ bytes, offset, blockKey }: BlocksJob, block: number): Buffer | undefined {
    const { numbers, offsets, sealedBytes } = this.#data.blocks
    if (blockKey === undefined) return undefined
    const from = offsets[block]! - offset
    const keys: PackKeys = { kind: PACK_DATA, blockKey: Buffer.from(blockKey), directoryKey: NO_KEY }
    try {
      return this.#packs.openBlock(keys, numbers[block]!, bytes.subarray(from, from + sealedBytes[block]!))
    } catch (error) {
      // Every chunk of it is looked for elsewhere, and only then the file counts as damaged.
      if (isDamage(error)) return undefined
      throw error
    }
  }

  #restoreBlock(block: number, raw: Buffer | undefined): void {
    const { pieces, pieceEnds } = this.#data.blocks
    this.#proven.clear()
    const end = pieceEnds[block]!
    for (let at = block === 0 ? 0 : pieceEnds[block - 1]!; at < end; ) {
      const from = at
      const entry = this.#data.pieces.entries[pieces[at]!]!
      while (at < end && this.#data.pieces.entries[pieces[at]!] === entry) at++
      // In the order of the walk the pieces of a file stand together.
      const rows = pieces.subarray(from, at)
      if (this.#data.entries.hows[entry] === HOW_WHOLE) this.#restoreWhole(entry, raw)
      else this.#restorePieces(entry, rows, raw)
    }
    if (raw !== undefined) discard(raw)
  }

  #restoreWhole(index: number, raw: Buffer | undefined): void {
    const { from, end } = piecesOf(this.#data.entries, index)
    const pieces: Piece[] = []
    for (let row = from; row < end; row++) {
      const piece = raw && this.#take(raw, row)
      if (piece === undefined) {
        this.#failedEntries.push(index)
        return
      }
      pieces.push(piece)
    }
    const place = this.#restorer.placed(index)
    const whole = this.#restorer.writer.writeFile(place, pieces)
    if (whole) this.#restorer.wrote(pieces)
    this.#restorer.done(index, place, whole)
  }

  #restorePieces(index: number, rows: Uint32Array, raw: Buffer | undefined): void {
    const { failed } = this.#data.progress
    if (failed[index] === 1) return
    const pieces: Piece[] = []
    for (const row of rows) {
      const piece = raw && this.#take(raw, row)
      if (piece === undefined) this.#failedPieces.push(row)
      else pieces.push(piece)
    }
    if (pieces.length === 0) return
    if (!this.#restorer.writer.writePieces(this.#restorer.created(index), pieces)) {
      failed[index] = 1
      return
    }
    this.#restorer.wrote(pieces)
    this.#restorer.arrived(index, pieces.length)
  }

  /** A piece whose chunk is what its id says; undefined when it is not. */
  #take(raw: Buffer, row: number): Piece | undefined {
    const { ats, lengths, offsets } = this.#data.pieces
    const offset = offsets[row]!
    const at = ats[row]!
    const proven = this.#proven.get(offset)
    if (proven !== undefined && this.#areSame(proven, row)) return { bytes: raw.subarray(offset, offset + lengths[row]!), at }
    try {
      const bytes = this.#packs.takeChunk(raw, offset, lengths[row]!, CHUNK_DATA, idOf(this.#data.pieces, row))
      this.#proven.set(offset, row)
      return { bytes, at }
    } catch (error) {
      if (isDamage(error)) return undefined
      throw error
    }
  }

  #areSame(row: number, other: number): boolean {
    const { pieces } = this.#data
    return pieces.lengths[row] === pieces.lengths[other] && equalBytes(idOf(pieces, row), idOf(pieces, other))
  }
}
