import { PACK_DATA } from '../../../format/pack.ts'
import { EMPTY_STREAM } from '../../../format/stream.ts'
import { type Entry, encodeEntry } from '../../../format/tree.ts'
import type { ChunkPlace, IndexedBlock } from '../../repository/objects/chunk-index.ts'
import { type DirectoryTable, DirectoryTableBuilder } from '../../targets/directory-table.ts'
import { orderByBlock, type PlannedBlock } from './block-order.ts'
import { float64Column, JoinedBytes, RecordColumn, uint32Column } from './columns.ts'
import { HOW_ALONE, HOW_LINK, HOW_PLAIN, HOW_SPREAD, HOW_WHOLE, hasStreamXattr, NO_BLOCK, type PlannedColumns } from './planned-columns.ts'

const NO_SOURCE = 0

/** Collects what a walk finds, column by column. */
export class PlanColumns {
  readonly #directories = new DirectoryTableBuilder()
  readonly #directoryRecords = new RecordColumn()
  readonly #records = new RecordColumn()
  readonly #directoryOf = uint32Column()
  readonly #sizes = float64Column()
  readonly #pieceEnds = float64Column()
  readonly #hows = uint32Column()
  readonly #sources = uint32Column()
  readonly #pieceEntries = uint32Column()
  readonly #ats = float64Column()
  readonly #lengths = uint32Column()
  readonly #ids = new JoinedBytes()
  readonly #blockOf = uint32Column()
  readonly #offsets = uint32Column()
  readonly #blocks: PlannedBlock[] = []
  readonly #numberOfBlock = new Map<IndexedBlock, number>()

  constructor(root: Entry) {
    this.#directoryRecords.push(encodeEntry(withoutItems({ ...root, name: Buffer.alloc(0) }), { root: true }))
  }

  get directoryCount(): number {
    return this.#directories.count
  }

  get entryCount(): number {
    return this.#records.count
  }

  /** Adds a directory below one that was added before; its number. */
  addDirectory(parent: number, entry: Entry): number {
    this.#directoryRecords.push(encodeEntry(withoutItems(entry)))
    return this.#directories.add(parent, Buffer.from(entry.name))
  }

  /** Adds any other entry, after its pieces; its number. */
  addEntry(directory: number, entry: Entry): number {
    const how = hasStreamXattr(entry) ? HOW_ALONE : this.#howOfPieces()
    return this.#addEntry(directory, entry, how, NO_SOURCE)
  }

  /** Adds a further name of the entry `source`. */
  addLink(directory: number, entry: Entry, source: number): number {
    return this.#addEntry(directory, entry, HOW_LINK, source)
  }

  /** Adds a piece of the entry that is added next. */
  addPiece(at: number, id: Uint8Array, length: number, places: readonly ChunkPlace[]): void {
    const place = this.#choose(places, length)
    this.#pieceEntries.push(this.#records.count)
    this.#ats.push(at)
    this.#lengths.push(length)
    this.#ids.push(id)
    this.#blockOf.push(place === undefined ? NO_BLOCK : this.#numberOf(place))
    this.#offsets.push(place?.offset ?? 0)
  }

  /** The directories as a table of its own for each run, since a run records in it what it made. */
  buildTable(): DirectoryTable {
    return this.#directories.build()
  }

  share(): PlannedColumns {
    return {
      directoryRecords: this.#directoryRecords.share(),
      entries: {
        records: this.#records.share(),
        directories: this.#directoryOf.share(),
        sizes: this.#sizes.share(),
        pieceEnds: this.#pieceEnds.share(),
        hows: this.#hows.share(),
        sources: this.#sources.share(),
      },
      pieces: {
        entries: this.#pieceEntries.share(),
        ats: this.#ats.share(),
        lengths: this.#lengths.share(),
        ids: this.#ids.share(),
        offsets: this.#offsets.share(),
      },
      order: orderByBlock(this.#wantedBlocks(), this.#blocks),
    }
  }

  /** The block of each piece; none for those that the main thread looks for. */
  #wantedBlocks(): Uint32Array {
    const blocks = this.#blockOf.share()
    for (let entry = 0; entry < this.entryCount; entry++) {
      if (this.#hows.at(entry) !== HOW_ALONE) continue
      blocks.fill(NO_BLOCK, entry === 0 ? 0 : this.#pieceEnds.at(entry - 1), this.#pieceEnds.at(entry))
    }
    return blocks
  }

  #addEntry(directory: number, entry: Entry, how: number, source: number): number {
    this.#records.push(encodeEntry(withoutItems(entry)))
    this.#directoryOf.push(directory)
    this.#sizes.push(entry.content?.size ?? 0)
    this.#pieceEnds.push(this.#lengths.count)
    this.#hows.push(how)
    this.#sources.push(source)
    return this.#records.count - 1
  }

  /** How the entry that is about to be added is restored, as its pieces lie. */
  #howOfPieces(): number {
    const from = this.entryCount === 0 ? 0 : this.#pieceEnds.at(this.entryCount - 1)
    const end = this.#lengths.count
    if (from === end) return HOW_PLAIN
    const first = this.#blockOf.at(from)
    let how = HOW_WHOLE
    for (let piece = from; piece < end; piece++) {
      const block = this.#blockOf.at(piece)
      if (block === NO_BLOCK) return HOW_ALONE
      if (block !== first) how = HOW_SPREAD
    }
    return how
  }

  /** A place in a block that is read anyway is best. */
  #choose(places: readonly ChunkPlace[], length: number): ChunkPlace | undefined {
    const fitting = places.filter((place) => place.length === length && place.pack.kind === PACK_DATA)
    return fitting.find(({ block }) => this.#numberOfBlock.has(block)) ?? fitting[0]
  }

  #numberOf({ pack, block }: ChunkPlace): number {
    const known = this.#numberOfBlock.get(block)
    if (known !== undefined) return known
    this.#numberOfBlock.set(block, this.#blocks.length)
    return this.#blocks.push({ pack, block }) - 1
  }
}

function withoutItems(entry: Entry): Entry {
  return entry.content === undefined ? entry : { ...entry, content: EMPTY_STREAM }
}
