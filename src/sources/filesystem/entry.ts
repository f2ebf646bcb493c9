// From what the kernel says of a file to the entry of a tree: everything but its content. SPEC §6.7.

import { createHash } from 'node:crypto'
import type { Stream } from '../../../format/stream.ts'
import {
  ENTRY_BLOCK,
  ENTRY_CHARACTER,
  ENTRY_DIRECTORY,
  ENTRY_FIFO,
  ENTRY_FILE,
  ENTRY_SOCKET,
  ENTRY_SYMLINK,
  type Entry,
  type EntryType,
} from '../../../format/tree.ts'
import { ownerNames } from '../../runtime/posix/owners.ts'
import type { FileStat } from '../../runtime/posix/stat.ts'
import { classOfName } from './classify.ts'

const TYPE_BITS = 0o170000
const TYPES: ReadonlyMap<number, EntryType> = new Map<number, EntryType>([
  [0o100000, ENTRY_FILE],
  [0o040000, ENTRY_DIRECTORY],
  [0o120000, ENTRY_SYMLINK],
  [0o010000, ENTRY_FIFO],
  [0o140000, ENTRY_SOCKET],
  [0o020000, ENTRY_CHARACTER],
  [0o060000, ENTRY_BLOCK],
])

/** The type of a file, or undefined when it is none that an entry can hold. */
export function entryTypeOf(stat: FileStat): EntryType | undefined {
  return TYPES.get(stat.mode & TYPE_BITS)
}

/** The entry of a file without content, target and extended attributes. */
export function entryOf(name: Uint8Array, type: EntryType, stat: FileStat): Entry {
  const names = ownerNames()
  const user = names.userName(stat.uid)
  const group = names.groupName(stat.gid)
  return {
    name,
    type,
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    ...(user !== undefined && { user }),
    ...(group !== undefined && { group }),
    mtime: { seconds: stat.mtime.seconds, nanoseconds: stat.mtime.nanoseconds },
    ...(stat.nlink > 1 && type !== ENTRY_DIRECTORY && { link: linkGroup(stat) }),
    ...((type === ENTRY_CHARACTER || type === ENTRY_BLOCK) && { device: { major: stat.rdevMajor, minor: stat.rdevMinor } }),
  }
}

/** The entry of a regular file with its content. */
export function fileEntry(name: Buffer, stat: FileStat, xattrs: NonNullable<Entry['xattrs']>, content: Stream): Entry {
  const fileClass = classOfName(name.toString('latin1'))
  return {
    ...entryOf(name, ENTRY_FILE, stat),
    content,
    ...(xattrs.length > 0 && { xattrs }),
    ...(fileClass !== undefined && { fileClass }),
  }
}

/** Names that are one file share 8 bytes, from its device and inode. */
function linkGroup(stat: FileStat): Buffer {
  return createHash('sha256').update(`${stat.dev}:${stat.ino}`).digest().subarray(0, 8)
}
