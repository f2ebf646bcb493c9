// Content-defined chunking by a keyed gear hash (FastCDC, normalised): where a stream is cut before its chunks are named and
// packed. A position is a candidate if the hash of the 32 bytes before it has enough leading zero bits, so candidates depend
// on nothing but those bytes and the key: an edit moves only the cuts near it, and a scan may start anywhere. SPEC §8.
import { createCipheriv } from 'node:crypto'

/** Bounds of a chunk in bytes: 32 <= minBytes <= averageBytes <= maxBytes; averageBytes is a power of two of at least 16. */
export interface ChunkSizes {
  readonly minBytes: number
  readonly averageBytes: number
  readonly maxBytes: number
}

/** How many bytes decide whether a position is a candidate: each bit of a 32-bit sum is shifted out after 32 steps. */
export const GEAR_WINDOW_BYTES = 32

/** How many bits more (before the average) or fewer (after it) than log2(averageBytes) must be zero. */
export const NORMALISATION_BITS = 2

const TABLE_LENGTH = 256
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

/**
 * Derives the gear table: the AES-256-CTR keystream under `key` with a zero counter block, read as 256 little-endian u32.
 * `key` is the repository's gear key of 32 bytes. SPEC §8.
 */
export function gearTable(key: Uint8Array): Uint32Array {
  const stream = createCipheriv('aes-256-ctr', key, new Uint8Array(16)).update(new Uint8Array(4 * TABLE_LENGTH))
  return Uint32Array.from({ length: TABLE_LENGTH }, (_, byte) => stream.readUInt32LE(4 * byte))
}

/**
 * Finds the end (exclusive) of the chunk that starts at `start`. The stream ends at `end`, unless `end - start >= maxBytes`:
 * a caller that holds less than that must read on first. Returns a value in (start, end], and `end` for an empty range.
 */
export function nextCut(buffer: Uint8Array, start: number, end: number, table: Uint32Array, sizes: ChunkSizes): number {
  const limit = Math.min(end, start + sizes.maxBytes)
  const first = Math.min(limit, start + sizes.minBytes)
  const normal = Math.min(limit, start + sizes.averageBytes)
  const bits = Math.log2(sizes.averageBytes)
  const strict = findCandidate(buffer, first, normal, table, leadingBits(bits + NORMALISATION_BITS))
  if (strict !== -1) return strict
  const loose = findCandidate(buffer, normal, limit, table, leadingBits(bits - NORMALISATION_BITS))
  return loose === -1 ? limit : loose
}

/** Cuts the complete stream in `buffer[start, end)`: the ends of its chunks, the last of which is `end`. */
export function cutPoints(buffer: Uint8Array, start: number, end: number, table: Uint32Array, sizes: ChunkSizes): number[] {
  const cuts: number[] = []
  for (let at = start; at < end; ) {
    at = nextCut(buffer, at, end, table, sizes)
    cuts.push(at)
  }
  return cuts
}

/** A mask of the `count` most significant bits, which depend on the whole window. */
function leadingBits(count: number): number {
  return -1 << (32 - count)
}

/** The first candidate position in [from, to), or -1. Bytes are read four at a time, which doubles the speed, from aligned positions. */
function findCandidate(buffer: Uint8Array, from: number, to: number, table: Uint32Array, mask: number): number {
  const aligned = from + (-(buffer.byteOffset + from) & 3)
  if (!LITTLE_ENDIAN || to - aligned < 4) return scan(buffer, from, to, table, mask)
  const before = scan(buffer, from, aligned, table, mask)
  if (before !== -1) return before
  const words = new Int32Array(buffer.buffer, buffer.byteOffset + aligned, (to - aligned) >> 2)
  const word = wordWithCandidate(words, warmUp(buffer, aligned, table), table, mask)
  return scan(buffer, aligned + 4 * word, to, table, mask)
}

/** The index of the first word of which any of the four bytes stands on a candidate, or the number of words. */
function wordWithCandidate(words: Int32Array, hash: number, table: Uint32Array, mask: number): number {
  let h0 = hash
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    const h1 = ((h0 << 1) + table[word & 255]!) | 0
    const h2 = ((h1 << 1) + table[(word >>> 8) & 255]!) | 0
    const h3 = ((h2 << 1) + table[(word >>> 16) & 255]!) | 0
    if ((h0 & mask) === 0 || (h1 & mask) === 0 || (h2 & mask) === 0 || (h3 & mask) === 0) return index
    h0 = ((h3 << 1) + table[word >>> 24]!) | 0
  }
  return words.length
}

function scan(buffer: Uint8Array, from: number, to: number, table: Uint32Array, mask: number): number {
  if (from >= to) return -1
  let hash = warmUp(buffer, from, table)
  for (let at = from; at < to; at++) {
    if ((hash & mask) === 0) return at
    hash = ((hash << 1) + table[buffer[at]!]!) | 0
  }
  return -1
}

/** The hash of the window that ends before `at`. */
function warmUp(buffer: Uint8Array, at: number, table: Uint32Array): number {
  let hash = 0
  for (let before = at - GEAR_WINDOW_BYTES; before < at; before++) hash = ((hash << 1) + table[buffer[before]!]!) | 0
  return hash
}
