// Reads one file of a batch into an encoded entry: opened without following links, read, and compared with what it was before.
// A file that changes meanwhile is read again, twice at most, and then recorded as such (steady-read.ts). SPEC §9.2.3.

import fs from 'node:fs'
import type { StreamItem } from '../../../format/stream.ts'
import { ENTRY_DIRECTORY, ENTRY_FILE, ENTRY_SYMLINK, type Entry, type EntryType, encodeEntry } from '../../../format/tree.ts'
import { INLINE_ITEMS } from '../../repository/objects/stream-writer.ts'
import { now } from '../../runtime/clock.ts'
import { openAt, readlinkAt } from '../../runtime/posix/at.ts'
import type { FileStat } from '../../runtime/posix/file-stat.ts'
import { dataExtents, nextHole } from '../../runtime/posix/sparse.ts'
import { statAt, statFd } from '../../runtime/posix/stat.ts'
import { StatBuffer } from '../../runtime/posix/stat-buffer.ts'
import { systemCodeOf, systemMessageOf } from '../../runtime/posix/system-code.ts'
import { readXattrsAt, readXattrsFd } from '../../runtime/posix/xattr.ts'
import { entryOf, entryTypeOf, fileEntry } from '../../sources/filesystem/entry.ts'
import { settlingMs } from '../../sources/filesystem/settling.ts'
import type { FileContent } from './content-layout.ts'
import type { ByteRange, FileToRead, ProblemKind } from './messages.ts'
import { CHANGED, readSteadily } from './steady-read.ts'
import { type ContentWriter, storeRanges, storeUnsized, storeWhole } from './store-content.ts'
import { xattrsOf } from './xattrs.ts'

const CHUNK_DATA = 1
/** Files from this size on are asked for holes, whatever their blocks say. */
const HOLES_SOUGHT_BYTES = 1 << 20
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOATIME } = fs.constants

/** What became of a file: an encoded entry, its metadata (valid until the next call), and what is to be said about it. */
export interface ReadFile {
  readonly entry?: Buffer
  /** Set when the file has too many pieces for an entry made here. */
  readonly isLong?: true
  readonly stat?: FileStat
  readonly problem?: { readonly kind: ProblemKind; readonly message: string }
}

/** Reads a file of any type but directory. Never throws for what the file system says of this file: that is its problem. */
export function readFile(file: FileToRead, content: ContentWriter): ReadFile | Promise<ReadFile> {
  return readSmall(file, content) ?? readAny(file, content)
}

const before = new StatBuffer()
const after = new StatBuffer()

/**
 * Most files are regular, small, without holes, not changed just now, and stay as they are: these are read without waiting for anything, at two thirds of the
 * cost. Undefined when it is not one of these, or cannot be read.
 */
function readSmall(file: FileToRead, content: ContentWriter): ReadFile | undefined {
  if (!file.isRegular || content.flowReady() !== undefined) return undefined
  const name = Buffer.from(file.name, 'latin1')
  let fd: number | undefined
  try {
    fd = openToRead(file.directoryFd, name)
    const askedAt = now()
    before.readFd(fd)
    if (!isSmallAndWhole(fd, before, content) || settlingMs(before, askedAt) > 0) return undefined
    const items = storeWhole(fd, before.sizeBytes, content)
    after.readFd(fd)
    return before.isSameStamp(after) ? finishRegular(fd, name, after, items, content) : undefined
  } catch (error) {
    problemOf(error)
    return undefined
  } finally {
    if (fd !== undefined) fs.closeSync(fd)
  }
}

function isSmallAndWhole(fd: number, stat: FileStat, content: ContentWriter): boolean {
  const { sizeBytes } = stat
  return entryTypeOf(stat) === ENTRY_FILE && sizeBytes > 0 && sizeBytes <= content.sizes.maxBytes && !hasHoles(fd, stat)
}

async function readAny(file: FileToRead, content: ContentWriter): Promise<ReadFile> {
  const name = Buffer.from(file.name, 'latin1')
  try {
    const read = file.isRegular ? await readRegular(file.directoryFd, name, content) : undefined
    if (read !== undefined) return read
    const stat = statAt(file.directoryFd, name)
    const type = entryTypeOf(stat)
    if (type === undefined) return { problem: { kind: 'unsupported', message: 'a file of an unknown type' } }
    if (type === ENTRY_DIRECTORY) return { problem: { kind: 'vanished', message: 'a directory took its place while the tree was read' } }
    if (type !== ENTRY_FILE) return readOther(file.directoryFd, name, type, stat, content)
    return (await readRegular(file.directoryFd, name, content)) ?? { problem: CHANGED }
  } catch (error) {
    return { problem: problemOf(error) }
  }
}

/** Undefined when it is no regular file (any more). */
async function readRegular(directoryFd: number, name: Buffer, content: ContentWriter): Promise<ReadFile | undefined> {
  const fd = openUnlessSpecial(directoryFd, name)
  if (fd === undefined) return undefined
  try {
    if (entryTypeOf(statFd(fd)) !== ENTRY_FILE) return undefined
    const { items, stat, changed } = await readSteadily(fd, (before) => readContent(fd, before, content))
    return { ...finishRegular(fd, name, stat, items, content), ...(changed && { problem: CHANGED }) }
  } finally {
    fs.closeSync(fd)
  }
}

async function readContent(fd: number, stat: FileStat, content: ContentWriter): Promise<FileContent> {
  if (stat.sizeBytes === 0) return { items: await storeUnsized(fd, content), isTorn: false }
  const layout = await storeRanges(fd, 0, rangesOf(fd, stat), content)
  layout.finish(stat.sizeBytes)
  return layout
}

function finishRegular(fd: number, name: Buffer, stat: FileStat, items: readonly StreamItem[], content: ContentWriter): ReadFile {
  if (items.length > INLINE_ITEMS) return { isLong: true }
  const size = items.reduce((sum, item) => sum + item.length, 0)
  const isUnsized = stat.sizeBytes === 0 && size > 0
  if (size > stat.sizeBytes && !isUnsized) throw new Error(`${size} bytes were read of a file of ${stat.sizeBytes}`)
  const xattrs = xattrsOf(readXattrsFd(fd), (value) => content.writer.put(CHUNK_DATA, value))
  const entry = fileEntry(name, stat, xattrs, { size, depth: 0, items })
  // A size that tells nothing does not tell either whether the file is unchanged: without a stat record it is read each time.
  return { entry: encodeEntry(entry), ...(!isUnsized && { stat }) }
}

function readOther(directoryFd: number, name: Buffer, type: EntryType, stat: FileStat, content: ContentWriter): ReadFile {
  const xattrs = xattrsOf(readXattrsAt(directoryFd, name), (value) => content.writer.put(CHUNK_DATA, value))
  const entry: Entry = {
    ...entryOf(name, type, stat),
    ...(type === ENTRY_SYMLINK && { target: readlinkAt(directoryFd, name) }),
    ...(xattrs.length > 0 && { xattrs }),
  }
  return { entry: encodeEntry(entry), stat }
}

/** Opens a regular file: through no symlink, without waiting for a FIFO that took its place, without touching its access time. */
export function openToRead(directoryFd: number, name: Buffer): number {
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
  try {
    return openAt(directoryFd, name, flags | O_NOATIME)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
    return openAt(directoryFd, name, flags) // only the owner may leave the access time alone
  }
}

/** What would keep a regular file from being read, as far as opening it tells; undefined when nothing does. */
export function openingProblem(directoryFd: number, name: string): ReadFile['problem'] {
  try {
    fs.closeSync(openToRead(directoryFd, Buffer.from(name, 'latin1')))
    return undefined
  } catch (error) {
    return problemOf(error)
  }
}

function openUnlessSpecial(directoryFd: number, name: Buffer): number | undefined {
  try {
    return openToRead(directoryFd, name)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ELOOP' || code === 'ENXIO') return undefined // a symlink; a socket
    throw error
  }
}

/** The ranges of a file that hold data; all of it when it has no holes. */
export function rangesOf(fd: number, stat: FileStat): Iterable<ByteRange> {
  if (stat.sizeBytes === 0) return []
  return hasHoles(fd, stat) ? dataExtents(fd, stat.sizeBytes) : [[0, stat.sizeBytes]]
}

/** Blocks that are allocated but not written hide a hole from the count; of a small file it is not worth a call to look for them. */
function hasHoles(fd: number, { blocks, sizeBytes }: FileStat): boolean {
  if (blocks * 512 < sizeBytes) return true
  return sizeBytes >= HOLES_SOUGHT_BYTES && (nextHole(fd, 0) ?? sizeBytes) < sizeBytes
}

/** How an error of the file system is recorded. ESTALE does not say that a file is gone: a server that started anew may have forgotten it. */
export function problemOf(error: unknown): { kind: ProblemKind; message: string } {
  const code = systemCodeOf(error)
  if (code === undefined) throw error
  const vanished = code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP'
  return { kind: vanished ? 'vanished' : 'unreadable', message: systemMessageOf(error) }
}
