// A directory's own metadata, from one open directory to another: a target that stays cannot be swapped for one that has it already.

import { fchmodSync, fchownSync } from 'node:fs'
import type { Timespec } from '../runtime/posix/file-stat.ts'
import { futimens } from '../runtime/posix/metadata.ts'
import { statFd } from '../runtime/posix/stat.ts'
import { systemCodeOf, systemMessageOf } from '../runtime/posix/system-code.ts'
import { readXattrsFd, removeXattr, writeXattr } from '../runtime/posix/xattr.ts'
import type { MetadataProblem } from './metadata.ts'

/** What moving entries out of a directory changes of it: kept from before. */
export interface MovedMetadata {
  readonly mode: number
  readonly mtime: Timespec
}

export function movedMetadata(directoryFd: number): MovedMetadata {
  const { mode, mtime } = statFd(directoryFd)
  return { mode: mode & 0o7777, mtime }
}

/** Owner, then xattrs and ACLs, then mode (both of the former take bits of it away), then time. What cannot be set is a problem. */
export function copyMetadata(fromFd: number, { mode, mtime }: MovedMetadata, toFd: number, problem: MetadataProblem): void {
  const [wanted, present] = [statFd(fromFd), statFd(toFd)]
  if (wanted.uid !== present.uid || wanted.gid !== present.gid)
    attempt('ownership', problem, () => fchownSync(toFd, wanted.uid, wanted.gid))
  attempt('xattr', problem, () => copyXattrs(fromFd, toFd, problem))
  if ((statFd(toFd).mode & 0o7777) !== mode) attempt('mode', problem, () => fchmodSync(toFd, mode))
  setTime(toFd, mtime, problem)
}

/** Sets a directory's time. What cannot be set was told before, when it is set once more. */
export function setTime(directoryFd: number, mtime: Timespec, problem: MetadataProblem = () => undefined): void {
  attempt('times', problem, () => futimens(directoryFd, 'omit', mtime))
}

function copyXattrs(fromFd: number, toFd: number, problem: MetadataProblem): void {
  const [wanted, present] = [readXattrsFd(fromFd), readXattrsFd(toFd)]
  for (const { name } of present)
    if (!wanted.some((each) => each.name.equals(name))) attempt('xattr', problem, () => removeXattr(toFd, name))
  for (const { name, value } of wanted)
    if (!present.some((each) => each.name.equals(name) && each.value.equals(value)))
      attempt('xattr', problem, () => writeXattr(toFd, name, value))
}

function attempt(kind: Parameters<MetadataProblem>[0], problem: MetadataProblem, action: () => void): void {
  try {
    action()
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error
    problem(kind, systemMessageOf(error))
  }
}
