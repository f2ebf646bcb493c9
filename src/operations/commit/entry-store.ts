// Encoded entries by position, as bytes: a buffer for each would take more memory than what it holds, and stay in the heap for as long
// as a directory is read.

import { joinOwn } from '../../runtime/discard.ts'

const PIECE_BYTES = 64 << 10
/** What an entry takes, so that a small directory gets a small piece. */
const USUAL_BYTES = 128
const WORDS = 2
const NONE = Buffer.alloc(0)

export class EntryStore {
  readonly #count: number
  /** Where each entry begins, over all pieces as if each had PIECE_BYTES, and how long it is. */
  readonly #slots: Uint32Array
  readonly #pieces: Buffer[] = []
  #used = 0

  /** For positions below `count`. */
  constructor(count: number) {
    this.#count = count
    this.#slots = new Uint32Array(WORDS * count)
  }

  /** Copies an entry; each position is put once. */
  put(index: number, entry: Uint8Array): void {
    let piece = this.#pieces.at(-1)
    if (piece === undefined || this.#used >= PIECE_BYTES || piece.length - this.#used < entry.length) {
      piece = Buffer.allocUnsafe(Math.max(entry.length, Math.min(PIECE_BYTES, USUAL_BYTES * this.#count)))
      this.#pieces.push(piece)
      this.#used = 0
    }
    piece.set(entry, this.#used)
    this.#slots[WORDS * index] = PIECE_BYTES * (this.#pieces.length - 1) + this.#used
    this.#slots[WORDS * index + 1] = entry.length
    this.#used += entry.length
  }

  /** Undefined when there is none at this position. */
  get(index: number): Buffer | undefined {
    const length = this.#slots[WORDS * index + 1]!
    if (length === 0) return undefined
    const place = this.#slots[WORDS * index]!
    const at = place % PIECE_BYTES
    return this.#pieces[Math.floor(place / PIECE_BYTES)]!.subarray(at, at + length)
  }

  /** All entries in the order of their positions, in memory of its own, and the length of each; 0 where there is none. */
  joined(): { entries: Buffer; lengths: Uint32Array<ArrayBuffer> } {
    const entries = Array.from({ length: this.#count }, (_, index) => this.get(index) ?? NONE)
    return { entries: joinOwn(entries), lengths: Uint32Array.from(entries, ({ length }) => length) }
  }
}
