// The files that a capture has, whatever their names: 8 bytes each, since there may be millions. They are looked for only once all are in.

import type { FileStat } from '../../runtime/posix/file-stat.ts'
import type { StatRecords } from '../../sources/filesystem/stat-record.ts'

const LOW_WORD = 0xffff_ffffn

/** Inodes, each with the device of the directory that it is in: a move does not change that. */
export class CapturedInodes {
  #words = new Uint32Array(16 << 10)
  #usedWords = 0
  #sorted: BigUint64Array | undefined

  /** Adds record `index` of files in a directory on this device. */
  add(stats: StatRecords, index: number, device: number): void {
    const at = this.#reserve()
    stats.inodeInto(index, this.#words, at)
    this.#words[at + 1]! ^= saltOf(device)
  }

  addOne({ ino, dev }: Pick<FileStat, 'ino' | 'dev'>): void {
    const at = this.#reserve()
    this.#words[at] = Number(ino & LOW_WORD)
    this.#words[at + 1] = Number(ino >> 32n) ^ saltOf(dev)
  }

  has(ino: bigint, device: number): boolean {
    const sorted = (this.#sorted ??= new BigUint64Array(this.#words.buffer, 0, this.#usedWords / 2).sort())
    const wanted = ino ^ (BigInt(saltOf(device)) << 32n)
    let from = 0
    for (let end = sorted.length; from < end; ) {
      const middle = (from + end) >>> 1
      if (sorted[middle]! < wanted) from = middle + 1
      else end = middle
    }
    return sorted[from] === wanted
  }

  /** Where the next one goes. */
  #reserve(): number {
    const at = this.#usedWords
    this.#usedWords += 2
    if (this.#usedWords > this.#words.length) this.#words = new Uint32Array(this.#words.buffer.transfer(2 * this.#words.byteLength))
    return at
  }
}

/** Few file systems use the upper half of an inode's number; there devices are told apart. An odd factor keeps different ones different. */
function saltOf(device: number): number {
  return Math.imul(device, 0x9e37_79b1) >>> 0
}
