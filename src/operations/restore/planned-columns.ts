// The columns of a plan, as threads read them: rows in shared memory, and what a row says.

import { decodeEntry, type Entry } from '../../../format/tree.ts'
import type { BlockOrder } from './block-order.ts'
import { recordAt, type SharedRecords } from './columns.ts'

/** Stands for a block where the index knows no place of a chunk. */
export const NO_BLOCK = 0xffff_ffff

/** How an entry is restored. */
export const HOW_PLAIN = 0 // no content to fetch: symlinks, devices, empty files, files that are one hole
export const HOW_WHOLE = 1 // all content in one block: created, written and finished in one go
export const HOW_SPREAD = 2 // allocated first, written piece by piece, finished by whoever writes the last piece
export const HOW_LINK = 3 // a further name of an entry before it
export const HOW_ALONE = 4 // by the main thread, chunk by chunk: the index does not know a chunk, or an xattr is a stream

/** Everything but directories: one row an entry, in the order of the walk. In shared memory. */
export interface EntryColumns {
  /** Encoded entries, without the items of their content. */
  readonly records: SharedRecords
  readonly directories: Uint32Array
  readonly sizes: Float64Array
  /** Where the pieces of each entry end; they begin where those of the one before end. */
  readonly pieceEnds: Float64Array
  /** One of HOW_*. */
  readonly hows: Uint32Array
  /** For HOW_LINK: the entry that it is a further name of. */
  readonly sources: Uint32Array
}

/** Content: one row for each chunk at each of its places in a file. In shared memory. */
export interface PieceColumns {
  readonly entries: Uint32Array
  /** Offset in the file. */
  readonly ats: Float64Array
  readonly lengths: Uint32Array
  /** 32 bytes each. */
  readonly ids: Uint8Array
  /** Offset in the block's raw bytes. */
  readonly offsets: Uint32Array
}

/** All that threads need of a plan; nothing of it changes any more. */
export interface PlannedColumns {
  readonly directoryRecords: SharedRecords
  readonly entries: EntryColumns
  readonly pieces: PieceColumns
  readonly order: BlockOrder
}

const ID_BYTES = 32

/** The decoded entry of a row. Its content has its size and no items. */
export function entryAt({ records, sizes }: EntryColumns, index: number): Entry {
  const entry = decodeEntry(recordAt(records, index))
  return entry.content === undefined ? entry : { ...entry, content: { size: sizes[index]!, depth: 0, items: [] } }
}

/** The decoded entry of a directory; the root is number 0. */
export function directoryAt(records: SharedRecords, index: number): Entry {
  return decodeEntry(recordAt(records, index), { root: index === 0 })
}

/** The rows of an entry's pieces. */
export function piecesOf({ pieceEnds }: EntryColumns, index: number): { readonly from: number; readonly end: number } {
  return { from: index === 0 ? 0 : pieceEnds[index - 1]!, end: pieceEnds[index]! }
}

/** Bytes of a file that its pieces fill; the rest of its size are holes. */
export function coveredBytes(
  { entries, pieces }: { readonly entries: EntryColumns; readonly pieces: PieceColumns },
  index: number,
): number {
  const { from, end } = piecesOf(entries, index)
  let bytes = 0
  for (let row = from; row < end; row++) bytes += pieces.lengths[row]!
  return bytes
}

export function idOf({ ids }: PieceColumns, piece: number): Uint8Array {
  return ids.subarray(ID_BYTES * piece, ID_BYTES * (piece + 1))
}

/** Whether a value of an xattr must be read from the repository before the entry can be restored. */
export function hasStreamXattr({ xattrs }: Entry): boolean {
  return xattrs !== undefined && xattrs.some(({ value }) => !(value instanceof Uint8Array))
}
