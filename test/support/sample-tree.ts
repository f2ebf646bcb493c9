// A small tree with one of each thing that a snapshot keeps, and edits of it that leave most of it as it was.

import fs from 'node:fs'
import path from 'node:path'
import { seededRandom } from '../../bench/seeded.ts'
import { bytes } from './random-tree.ts'

/** Writes the tree into a new directory. */
export function makeSampleTree(root: string): void {
  fs.mkdirSync(path.join(root, 'inner', 'deep'), { recursive: true })
  fs.mkdirSync(path.join(root, 'empty'))
  fs.writeFileSync(path.join(root, 'text'), bytes(1, 3000))
  fs.writeFileSync(path.join(root, 'nothing'), '')
  fs.writeFileSync(path.join(root, 'inner', 'large'), bytes(2, 300_000))
  fs.writeFileSync(path.join(root, 'inner', 'deep', 'random'), noise(3, 50_000), { mode: 0o600 })
  fs.linkSync(path.join(root, 'text'), path.join(root, 'inner', 'linked'))
  fs.symlinkSync('../text', path.join(root, 'inner', 'symlink'))
}

/** Changes the tree: one file more, one that grew, one that is gone; `round` makes each change another. */
export function editSampleTree(root: string, round: number): void {
  fs.writeFileSync(path.join(root, 'inner', `new-${round}`), noise(100 + round, 20_000))
  fs.appendFileSync(path.join(root, 'text'), bytes(round, 500))
  fs.rmSync(path.join(root, 'inner', `new-${round - 2}`), { force: true })
}

/** Bytes that no compressor makes smaller, from a seed. */
export function noise(seed: number, length: number): Buffer {
  const random = seededRandom(seed)
  const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => random.uint32())
  return Buffer.from(words.buffer, 0, length)
}
