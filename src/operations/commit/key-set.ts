// Keys of 64 bits, 8 bytes each, since there may be millions: of files, whatever their names. They are looked for only once all are in.

import type { FileIdentity } from '../../runtime/posix/file-stat.ts'

const LOW_WORD = 0xffff_ffffn

export class KeySet {
  #words = new Uint32Array(1 << 10)
  #usedWords = 0
  #sorted: BigUint64Array | undefined

  /** Adds a key by its two halves. */
  add(low: number, high: number): void {
    const at = this.#usedWords
    this.#usedWords += 2
    if (this.#usedWords > this.#words.length) this.#words = new Uint32Array(this.#words.buffer.transfer(2 * this.#words.byteLength))
    this.#words[at] = low
    this.#words[at + 1] = high
  }

  addKey(key: bigint): void {
    this.add(Number(key & LOW_WORD), Number(key >> 32n))
  }

  has(key: bigint): boolean {
    const sorted = this.#inOrder()
    return sorted[placeOf(sorted, key)] === key
  }

  /** How often a key was added. */
  count(key: bigint): number {
    const sorted = this.#inOrder()
    const from = placeOf(sorted, key)
    let end = from
    while (sorted[end] === key) end++
    return end - from
  }

  #inOrder(): BigUint64Array {
    return (this.#sorted ??= new BigUint64Array(this.#words.buffer, 0, this.#usedWords / 2).sort())
  }
}

/** Where the first of those stands that are not less. */
function placeOf(sorted: BigUint64Array, key: bigint): number {
  let from = 0
  for (let end = sorted.length; from < end; ) {
    const middle = (from + end) >>> 1
    if (sorted[middle]! < key) from = middle + 1
    else end = middle
  }
  return from
}

/** What tells a file from all others in a walk, by its own device: a move changes neither. */
export function fileKey({ ino, dev }: FileIdentity): bigint {
  return ino ^ (BigInt(saltOf(dev)) << 32n)
}

/** The key whose halves these are. */
export function keyOfHalves(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}

/** Few file systems use the upper half of an inode's number; there devices are told apart. An odd factor keeps different ones different. */
export function saltOf(device: number): number {
  return Math.imul(device, 0x9e37_79b1) >>> 0
}
