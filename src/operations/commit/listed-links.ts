// The names that a walk has listed of files with several, and of those that changed meanwhile: they may have had several until then.
// 24 bytes each, since there may be millions. SPEC §9.2.3.

import { ENTRY_DIRECTORY } from '../../../format/tree.ts'
import type { DirectoryNode } from './directory-node.ts'
import { KeySet, keyOfHalves, saltOf } from './key-set.ts'

export interface ListedLink {
  /** As `fileKey` makes it, as is that of the directory that it was listed in. */
  readonly file: bigint
  readonly directory: bigint
  /** Tells the name: as `linkKey` makes it. */
  readonly link: bigint
  /** How many names the file had then, wherever they are. */
  readonly linkCount: number
}

/** The two halves of both keys, the name's hash, the count of links. */
const WORDS = 6

export class ListedLinks {
  #words = new Uint32Array(WORDS << 6)
  #usedWords = 0

  /** Whether none of the files had several names. */
  isEmpty = true

  /** Takes note of a directory that was listed just now; `startedAt` is the start of the commit, in milliseconds. */
  add({ handle, links, names, types, salts, stats }: ListedDirectory, startedAt: number): void {
    if (links !== undefined) this.isEmpty = false
    const { ino, dev } = handle.stat()
    const salt = saltOf(dev)
    for (let index = 0; index < names.length; index++) {
      if (types[index] === ENTRY_DIRECTORY || !(stats.linkCount(index) > 1 || stats.isRacy(index, startedAt))) continue
      const at = this.#reserve()
      this.#words[at] = stats.inodeLow(index)
      this.#words[at + 1] = stats.inodeHigh(index) ^ (salts?.[index] ?? salt)
      this.#words[at + 2] = Number(ino & 0xffff_ffffn)
      this.#words[at + 3] = Number(ino >> 32n) ^ salt
      this.#words[at + 4] = hashOf(names[index]!)
      this.#words[at + 5] = stats.linkCount(index)
    }
  }

  *[Symbol.iterator](): Generator<ListedLink> {
    for (let at = 0; at < this.#usedWords; at += WORDS) {
      const [fileLow, fileHigh, directoryLow, directoryHigh, hash, linkCount] = this.#words.subarray(at, at + WORDS) as unknown as Words
      const file = keyOfHalves(fileLow, fileHigh)
      const directory = keyOfHalves(directoryLow, directoryHigh)
      yield { file, directory, link: mixed(file, directory, hash), linkCount }
    }
  }

  /** The files that had several names, and the names of all. */
  sets(): { files: KeySet; links: KeySet } {
    const sets = { files: new KeySet(), links: new KeySet() }
    for (const { file, link, linkCount } of this) {
      if (linkCount > 1) sets.files.addKey(file)
      sets.links.addKey(link)
    }
    return sets
  }

  /** Where the next one goes. */
  #reserve(): number {
    const at = this.#usedWords
    this.#usedWords += WORDS
    if (this.#usedWords > this.#words.length) this.#words = new Uint32Array(this.#words.buffer.transfer(2 * this.#words.byteLength))
    return at
  }
}

type ListedDirectory = Pick<DirectoryNode, 'handle' | 'links' | 'names' | 'types' | 'salts' | 'stats'>
type Words = readonly [number, number, number, number, number, number]

/** Tells a name of a file in a directory. Two are taken for one by a chance of 2^-32 within a directory, and of 2^-64 elsewhere. */
export function linkKey(file: bigint, directory: bigint, name: string): bigint {
  return mixed(file, directory, hashOf(name))
}

function mixed(file: bigint, directory: bigint, hash: number): bigint {
  return file ^ BigInt.asUintN(64, (directory ^ (BigInt(hash) << 32n) ^ BigInt(hash)) * 0x9e37_79b9_7f4a_7c15n)
}

/** FNV-1a of 32 bits. */
function hashOf(name: string): number {
  let hash = 0x811c_9dc5
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x0100_0193)
  return hash >>> 0
}
