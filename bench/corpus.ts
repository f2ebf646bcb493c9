// The trees that the benches back up, made anew for every run below a scratch folder: a copy of /usr/lib, many small text files, one
// incompressible file. Deterministic, and edited afterwards by edits.ts; nothing outside the scratch folder is ever written.

import { spawnSync } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from './seeded.ts'
import { textWriter } from './text.ts'
import { walkTree } from './tree.ts'

export const CORPUS_NAMES = ['usr-lib', 'small-files', 'large-file'] as const
export type CorpusName = (typeof CORPUS_NAMES)[number]

export interface Corpus {
  readonly name: string
  /** What it holds, for the report. */
  readonly description: string
  readonly path: string
  readonly fileCount: number
  readonly byteCount: number
}

export interface CorpusSizes {
  readonly smallFileCount: number
  readonly largeFileBytes: number
  readonly copiedTree: string
}

const FILES_PER_DIRECTORY = 1000
const PIECE_BYTES = 16 * 1024 * 1024

/** Makes one corpus of a peer comparison at `path`, replacing what an earlier run left there. */
export function makeCorpus(name: CorpusName, path: string, sizes: CorpusSizes): Corpus {
  rmSync(path, { recursive: true, force: true })
  switch (name) {
    case 'usr-lib':
      copyTree(sizes.copiedTree, path)
      return describe(name, `a copy of ${sizes.copiedTree}`, path)
    case 'small-files':
      return makeSmallFiles(path, sizes.smallFileCount)
    case 'large-file':
      mkdirSync(path, { recursive: true })
      writeIncompressible(join(path, 'large.bin'), sizes.largeFileBytes)
      return describe(name, 'one incompressible file', path)
  }
}

/** Writes `fileCount` text files of 1 to 5 kB, 3 kB on average, a thousand to a directory. */
export function makeSmallFiles(path: string, fileCount: number): Corpus {
  rmSync(path, { recursive: true, force: true })
  const random = seededRandom(fileCount)
  const write = textWriter()
  for (let index = 0; index < fileCount; index++) {
    const directory = join(
      path,
      `d${Math.floor(index / FILES_PER_DIRECTORY)
        .toString()
        .padStart(4, '0')}`,
    )
    if (index % FILES_PER_DIRECTORY === 0) mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, `note-${index}.txt`), write(random, 950 + random.below(4000)))
  }
  return describe('small-files', 'text files of about 3 kB, 1,000 to a directory', path)
}

function copyTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  const { status, stderr } = spawnSync('cp', ['-a', '--', `${from}/.`, to], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`cannot copy ${from}: ${stderr}`)
}

/** AES-256-CTR over zeros: as hard to compress as chance, reproducible, and made at the speed of the disk. */
function writeIncompressible(path: string, byteCount: number): void {
  const keystream = createCipheriv('aes-256-ctr', Buffer.alloc(32, 7), Buffer.alloc(16))
  const zeros = Buffer.alloc(PIECE_BYTES)
  const file = openSync(path, 'w')
  for (let left = byteCount; left > 0; left -= PIECE_BYTES)
    writeSync(file, keystream.update(zeros.subarray(0, Math.min(left, PIECE_BYTES))))
  closeSync(file)
}

function describe(name: string, description: string, path: string): Corpus {
  let fileCount = 0
  let byteCount = 0
  for (const { stat } of walkTree(path)) {
    if (!stat.isFile()) continue
    fileCount++
    byteCount += stat.size
  }
  return { name, description, path, fileCount, byteCount }
}
