// Changes 1 % of a corpus in place, as people and programs do: a few bytes overwritten, lines appended or inserted in front, a file
// written anew. A tree of fewer than 100 files has 1 % of its bytes overwritten instead.

import { appendFileSync, closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import type { Corpus } from './corpus.ts'
import type { SeededRandom } from './seeded.ts'
import { seededRandom } from './seeded.ts'
import type { TextWriter } from './text.ts'
import { textWriter } from './text.ts'
import type { TreeEntry } from './tree.ts'
import { walkTree } from './tree.ts'

const OVERWRITTEN_BYTES = 64
const REWRITTEN_BYTES_MAX = 65_536
const REGIONS = 16

/** Edits the tree and returns how many files were changed. */
export function changeOnePercent(corpus: Corpus, seed: number): number {
  const random = seededRandom(seed)
  const files = [...walkTree(corpus.path)].filter((entry) => entry.stat.isFile())
  if (files.length < 100) {
    for (const file of files) overwriteRegions(file, random)
    return files.length
  }
  const write = textWriter()
  const chosen = choose(files, Math.ceil(files.length / 100), random)
  for (const file of chosen) changeFile(file, random, write)
  return chosen.length
}

function changeFile(file: TreeEntry, random: SeededRandom, write: TextWriter): void {
  const size = file.stat.size
  const kind = random.below(10)
  if (kind < 5 && size > OVERWRITTEN_BYTES) {
    overwrite(file.path, random.below(size - OVERWRITTEN_BYTES), randomBytes(random, OVERWRITTEN_BYTES))
  } else if (kind < 8) {
    appendFileSync(file.path, write(random, 120))
  } else if (kind < 9) {
    writeFileSync(file.path, Buffer.concat([Buffer.from(write(random, 80)), readFileSync(file.path)]))
  } else {
    writeFileSync(file.path, write(random, Math.min(size, REWRITTEN_BYTES_MAX)))
  }
}

function overwriteRegions(file: TreeEntry, random: SeededRandom): void {
  const regionBytes = Math.ceil(file.stat.size / 100 / REGIONS)
  for (let region = 0; region < REGIONS; region++) {
    const offset = random.below(Math.max(1, file.stat.size - regionBytes))
    overwrite(file.path, offset, randomBytes(random, Math.min(regionBytes, file.stat.size)))
  }
}

function overwrite(path: string, offset: number, bytes: Buffer): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, offset)
  closeSync(file)
}

function randomBytes(random: SeededRandom, byteCount: number): Buffer {
  const words = new Uint32Array(Math.ceil(byteCount / 4)).map(() => random.uint32())
  return Buffer.from(words.buffer, 0, byteCount)
}

/** `count` different items at seeded places, in their old order. */
function choose<Item>(items: readonly Item[], count: number, random: SeededRandom): Item[] {
  const places = new Set<number>()
  while (places.size < count) places.add(random.below(items.length))
  return items.filter((_, place) => places.has(place))
}
