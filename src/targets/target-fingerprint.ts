// What tells the present state of a target from another, so that a plan to replace it holds for exactly what a person saw.

import { createHash, type Hash } from 'node:crypto'
import { closeSync, constants } from 'node:fs'
import { join } from 'node:path'
import { openDirNoFollow } from '../runtime/posix/at.ts'
import { readNames } from '../runtime/posix/directory.ts'
import type { FileStat } from '../runtime/posix/file-stat.ts'
import { statAt, statFd } from '../runtime/posix/stat.ts'
import { openTarget, openTargetPlace, refusedAt, statOfTarget } from './target-state.ts'

/**
 * 32 bytes over names, inodes, sizes, modes, owners and times of everything at a path; an absent target has one, too. Contents are
 * not read: whatever writes to a file changes its times.
 * @throws {UsageError} `target-parent`, `target-access` when this user may not read a directory of it
 */
export function targetFingerprint(target: string): Buffer {
  const place = openTargetPlace(target)
  try {
    const hash = createHash('sha256')
    const stat = statOfTarget(place)
    if (stat === undefined) return hash.update('absent').digest()
    addStat(hash, stat)
    if (isDirectory(stat)) addTree(hash, openTarget(place), place.path)
    return hash.digest()
  } finally {
    closeSync(place.parentFd)
  }
}

/** Adds a directory and all below it, each before what is in it; not recursive, since trees may be deeper than any stack. */
function addTree(hash: Hash, rootFd: number, path: string): void {
  const directories = new FoundDirectories(rootFd)
  try {
    const waiting = [ROOT]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
      for (const found of addReadable(hash, next, directories, path).reverse()) waiting.push(found)
  } finally {
    directories.close()
  }
}

function addReadable(hash: Hash, directory: number, directories: FoundDirectories, path: string): number[] {
  try {
    return addDirectory(hash, directory, directories)
  } catch (error) {
    throw refusedAt(join(path, directories.pathOf(directory)), error)
  }
}

/** Adds what lies in a directory; the directories among it. */
function addDirectory(hash: Hash, directory: number, directories: FoundDirectories): number[] {
  const fd = directories.fd(directory)
  const found: number[] = []
  addStat(hash, statFd(fd))
  for (const name of readNames(fd)) {
    const stat = statAt(fd, name)
    hash.update(name).update('/')
    addStat(hash, stat)
    if (isDirectory(stat)) found.push(directories.add(directory, name))
  }
  hash.update('/')
  return found
}

const ROOT = 0
const MOST_OPEN = 64

/** The directories of a walk by number. Few are open at a time; a closed one is opened again from those above it. */
class FoundDirectories {
  readonly #parents = [ROOT]
  readonly #names: Buffer[] = [Buffer.alloc(0)]
  /** Handles by number, the root's first, then those opened longest ago. */
  readonly #open: Map<number, number>

  constructor(rootFd: number) {
    this.#open = new Map([[ROOT, rootFd]])
  }

  add(parent: number, name: Buffer): number {
    this.#names.push(name)
    return this.#parents.push(parent) - 1
  }

  fd(directory: number): number {
    const closed: number[] = []
    for (let at = directory; !this.#open.has(at); at = this.#parents[at]!) closed.push(at)
    for (const next of closed.reverse()) {
      this.#open.set(next, openDirNoFollow(this.#open.get(this.#parents[next]!)!, this.#names[next]!))
      if (this.#open.size > MOST_OPEN) this.#closeOldest()
    }
    return this.#open.get(directory)!
  }

  /** Below the root; what is no UTF-8 in it is replaced. */
  pathOf(directory: number): string {
    const names: Buffer[] = []
    for (let at = directory; at !== ROOT; at = this.#parents[at]!) names.push(this.#names[at]!)
    return join(...names.reverse().map((name) => name.toString()))
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd)
  }

  #closeOldest(): void {
    const oldest = this.#open.keys().find((directory) => directory !== ROOT)!
    closeSync(this.#open.get(oldest)!)
    this.#open.delete(oldest)
  }
}

function addStat(hash: Hash, { ino, mode, uid, gid, nlink, sizeBytes, mtime, ctime }: FileStat): void {
  // A directory's number of links and size are the file system's own business.
  const size = (mode & constants.S_IFMT) === constants.S_IFDIR ? '' : `${nlink} ${sizeBytes}`
  hash.update(`${ino} ${mode} ${uid} ${gid} ${size} ${mtime.seconds}.${mtime.nanoseconds} ${ctime.seconds}.${ctime.nanoseconds};`)
}

function isDirectory({ mode }: FileStat): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFDIR
}
