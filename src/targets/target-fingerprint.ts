// What tells the present state of a target from another, so that a plan to replace it holds for exactly what a person saw.

import { createHash, type Hash } from 'node:crypto'
import { closeSync, constants } from 'node:fs'
import { openDirNoFollow } from '../runtime/posix/at.ts'
import { readNames } from '../runtime/posix/directory.ts'
import type { FileStat } from '../runtime/posix/file-stat.ts'
import { statAt, statFd } from '../runtime/posix/stat.ts'
import { openTargetPlace, statOrAbsent } from './target-state.ts'

/**
 * 32 bytes over names, inodes, sizes, modes, owners and times of everything at a path; an absent target has one, too. Contents are
 * not read: whatever writes to a file changes its times.
 * @throws {UsageError} `target-parent`; {PosixError} when a directory in it cannot be read
 */
export function targetFingerprint(target: string): Buffer {
  const place = openTargetPlace(target)
  try {
    const hash = createHash('sha256')
    const stat = statOrAbsent(place.parentFd, place.name)
    if (stat === undefined) return hash.update('absent').digest()
    addStat(hash, stat)
    if (isDirectory(stat)) addDirectory(hash, place.parentFd, Buffer.from(place.name))
    return hash.digest()
  } finally {
    closeSync(place.parentFd)
  }
}

function addDirectory(hash: Hash, parentFd: number, name: Buffer): void {
  const fd = openDirNoFollow(parentFd, name)
  try {
    addStat(hash, statFd(fd))
    for (const child of readNames(fd)) {
      const stat = statAt(fd, child)
      hash.update(child).update('/')
      addStat(hash, stat)
      if (isDirectory(stat)) addDirectory(hash, fd, child)
    }
    hash.update('/')
  } finally {
    closeSync(fd)
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
