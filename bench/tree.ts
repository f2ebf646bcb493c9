// Looking at trees: walking one, its size on disk, and whether a restored one equals the one that was committed.

import type { Stats } from 'node:fs'
import { chmodSync, closeSync, existsSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, truncateSync } from 'node:fs'
import { basename, join } from 'node:path'

const PIECE_BYTES = 1 << 20

export interface TreeEntry {
  /** Below the root, empty for the root itself. */
  readonly name: string
  readonly path: string
  readonly stat: Stats
}

/** Every entry below `root` and the root itself, directories before what they hold, each directory sorted. */
export function* walkTree(root: string, name = ''): Generator<TreeEntry> {
  const path = join(root, name)
  const stat = lstatSync(path)
  yield { name, path, stat }
  if (!stat.isDirectory()) return
  for (const child of readdirSync(path).sort()) yield* walkTree(root, join(name, child))
}

/** Sum of the lengths of all files below `root`, in bytes; 0 when it does not exist. */
export function treeBytes(root: string): number {
  if (!existsSync(root)) return 0
  let sum = 0
  for (const { stat } of walkTree(root)) if (stat.isFile()) sum += stat.size
  return sum
}

/** Reads every file below `root` once, so that whoever reads it next finds it in the page cache. */
export function warmPageCache(root: string): void {
  const piece = Buffer.allocUnsafe(PIECE_BYTES)
  for (const { path, stat } of walkTree(root)) {
    if (!stat.isFile()) continue
    const file = openSync(path, 'r')
    while (readSync(file, piece) > 0);
    closeSync(file)
  }
}

/** Frees the space of all files below `root`, but not their inodes. */
export function emptyFiles(root: string): void {
  for (const { path, stat } of walkTree(root)) {
    if (!stat.isFile()) continue
    if ((stat.mode & 0o200) === 0) chmodSync(path, 0o600)
    truncateSync(path)
  }
}

/** Where a tool put the tree: right into `target`, or below it under the last or the whole of its old path. */
export function restoredRoot(target: string, corpusPath: string): string {
  const expected = readdirSync(corpusPath)
  const candidates = [target, join(target, basename(corpusPath)), join(target, corpusPath)]
  const root = candidates.find((candidate) => existsSync(candidate) && isSuperset(readdirSync(candidate), expected))
  if (root === undefined) throw new Error(`nothing like ${corpusPath} was restored into ${target}`)
  return root
}

/**
 * Compares kind, size, mode, time and link target of every entry; contents are checked by each tool's own hashes.
 * @throws {Error} when an entry is missing or differs.
 */
export function assertSameTree(expectedRoot: string, actualRoot: string): void {
  const actual = walkTree(actualRoot)
  for (const expected of walkTree(expectedRoot)) {
    const found = actual.next()
    if (found.done) throw new Error(`restored tree ends before ${expected.name}`)
    if (found.value.name !== expected.name) throw new Error(`restored tree has ${found.value.name} in the place of ${expected.name}`)
    if (expected.name !== '' && traits(found.value) !== traits(expected)) throw new Error(`restored ${expected.name} differs`)
  }
  if (!actual.next().done) throw new Error('restored tree has more entries than were committed')
}

function traits({ path, stat }: TreeEntry): string {
  if (stat.isSymbolicLink()) return `link ${readlinkSync(path)}`
  if (stat.isDirectory()) return `directory ${stat.mode}`
  return `file ${stat.mode} ${stat.size} ${Math.floor(stat.mtimeMs)}`
}

function isSuperset(names: readonly string[], wanted: readonly string[]): boolean {
  const known = new Set(names)
  return wanted.every((name) => known.has(name))
}
