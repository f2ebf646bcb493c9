// Which chunks are stored or about to be, shared by all threads of a commit without locks: who claims an id first stores it.
// An open-addressing table of short ids in shared memory, in levels that grow eightfold; a level has no memory until it is used. A race can at worst store a chunk twice; it can never make two chunks one, since all 128 bits are compared.

import { SHORT_ID_BYTES } from '../../../format/index-segment.ts'

const WORDS = SHORT_ID_BYTES / 4
const FIRST_LEVEL_SLOTS = 1 << 16
const LEVELS = 5
const LEVEL_GROWTH_BITS = 3
/** A level takes no more than this share of its slots, so that probes stay short. */
const FULLEST = 0.6

/** The shared memory behind a `ClaimSet`; send it to worker threads as it is. */
export interface ClaimMemory {
  readonly levels: readonly SharedArrayBuffer[]
  readonly counts: SharedArrayBuffer
}

/** The memory of an empty set: 65,536 slots at first, at most 268 million. */
export function claimMemory(): ClaimMemory {
  const levels = Array.from({ length: LEVELS }, (_, level) => new SharedArrayBuffer(0, { maxByteLength: bytesOf(level) }))
  return { levels, counts: new SharedArrayBuffer(4 * LEVELS) }
}

function bytesOf(level: number): number {
  return 4 * WORDS * slotsOf(level)
}

function slotsOf(level: number): number {
  return FIRST_LEVEL_SLOTS * 2 ** (LEVEL_GROWTH_BITS * level)
}

/** One thread's view of the shared set. */
export class ClaimSet {
  readonly #memory: readonly SharedArrayBuffer[]
  readonly #levels: Int32Array[] = []
  readonly #counts: Int32Array
  readonly #key = new Int32Array(WORDS)
  readonly #keyBytes = new Uint8Array(this.#key.buffer)

  constructor(memory: ClaimMemory) {
    this.#memory = memory.levels
    this.#counts = new Int32Array(memory.counts)
  }

  /** Claims an id (its first 16 bytes count). True for the first to ask: that caller stores the chunk. */
  claim(id: Uint8Array): boolean {
    this.#load(id)
    for (let level = 0; level < LEVELS; level++) {
      const hasRoom = Atomics.load(this.#counts, level) < FULLEST * slotsOf(level)
      if (this.#probe(level, hasRoom) === 'present') return false
      if (hasRoom) return true
    }
    return true // beyond 160 million chunks in one commit some are stored twice
  }

  /** Claims every id of a column of short ids. */
  claimAll(shortIds: Uint8Array): void {
    for (let at = 0; at < shortIds.length; at += SHORT_ID_BYTES) this.claim(shortIds.subarray(at, at + SHORT_ID_BYTES))
  }

  /** A level's table; it gets its memory when the first thread needs it. */
  #table(level: number): Int32Array {
    const known = this.#levels[level]
    if (known !== undefined) return known
    const memory = this.#memory[level]!
    if (memory.byteLength === 0) memory.grow(bytesOf(level)) // growing to the same size twice is fine
    return (this.#levels[level] = new Int32Array(memory, 0, bytesOf(level) / 4))
  }

  #load(id: Uint8Array): void {
    for (let at = 0; at < SHORT_ID_BYTES; at++) this.#keyBytes[at] = id[at]!
    if (this.#key[0] === 0) this.#key[0] = 1 // zero marks a free slot
  }

  #probe(level: number, insert: boolean): 'present' | 'absent' {
    const table = this.#table(level)
    const mask = slotsOf(level) - 1
    for (let slot = this.#key[1]! & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS
      let first = Atomics.load(table, at)
      if (first === 0) {
        if (!insert) return 'absent'
        first = Atomics.compareExchange(table, at, 0, this.#key[0]!)
        if (first === 0) return this.#fill(table, at, level)
      }
      if (first === this.#key[0] && this.#equals(table, at)) return 'present'
    }
  }

  #fill(table: Int32Array, at: number, level: number): 'absent' {
    for (let word = 1; word < WORDS; word++) Atomics.store(table, at + word, this.#key[word]!)
    Atomics.add(this.#counts, level, 1)
    return 'absent'
  }

  #equals(table: Int32Array, at: number): boolean {
    for (let word = 1; word < WORDS; word++) if (Atomics.load(table, at + word) !== this.#key[word]) return false
    return true
  }
}
