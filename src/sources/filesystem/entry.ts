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
import type { FileStat } from '../../runtime/posix/file-stat.ts'
import { ownerNames } from '../../runtime/posix/owners.ts'
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

/** An entry in the making: a spread for every field that may be absent would copy it each time, for every file. */
type Draft = { -readonly [Field in keyof Entry]: Entry[Field] }

/** The entry of a file without content, target and extended attributes. */
export function entryOf(name: Uint8Array, type: EntryType, stat: FileStat): Entry {
  return draftOf(name, type, stat)
}

/** The entry of a regular file with its content. */
export function fileEntry(name: Buffer, stat: FileStat, xattrs: NonNullable<Entry['xattrs']>, content: Stream): Entry {
  const entry = draftOf(name, ENTRY_FILE, stat)
  entry.content = content
  if (xattrs.length > 0) entry.xattrs = xattrs
  const fileClass = classOfName(name.toString('latin1'))
  if (fileClass !== undefined) entry.fileClass = fileClass
  return entry
}

function draftOf(name: Uint8Array, type: EntryType, stat: FileStat): Draft {
  const { uid, gid } = stat
  const entry: Draft = { name, type, mode: stat.mode & 0o7777, uid, gid, mtime: stat.mtime }
  const names = ownerNames()
  const user = names.userName(uid)
  if (user !== undefined) entry.user = user
  const group = names.groupName(gid)
  if (group !== undefined) entry.group = group
  if (stat.nlink > 1 && type !== ENTRY_DIRECTORY) entry.link = linkGroup(stat)
  if (type === ENTRY_CHARACTER || type === ENTRY_BLOCK) entry.device = { major: stat.rdevMajor, minor: stat.rdevMinor }
  return entry
}

/**
 * Names that are one file share 8 bytes, from its device and inode, and from its birth: an inode that becomes free during a capture may
 * come back as another file. They hold for one capture only, since the numbers of devices change.
 */
export function linkGroup({ dev, ino, btime }: FileStat): Buffer {
  return createHash('sha256').update(`${dev}:${ino}:${btime.seconds}:${btime.nanoseconds}`).digest().subarray(0, 8)
}
