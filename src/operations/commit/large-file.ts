// A large file: its data ranges go to the worker threads as pieces of at most 64 MiB, each cut on its own (SPEC §8), and come back
// as items that are put together here.

import fs from 'node:fs'
import { ENTRY_FILE, encodeEntry } from '../../../format/tree.ts'
import { type PutChunk, streamOf } from '../../repository/objects/stream-writer.ts'
import type { JobPool } from '../../runtime/job-pool.ts'
import type { FileStat } from '../../runtime/posix/file-stat.ts'
import { statFd } from '../../runtime/posix/stat.ts'
import { readXattrsFd } from '../../runtime/posix/xattr.ts'
import { entryTypeOf, fileEntry } from '../../sources/filesystem/entry.ts'
import { forgottenRecord, statRecord } from '../../sources/filesystem/stat-record.ts'
import { ContentLayout, type FileContent } from './content-layout.ts'
import type { ByteRange, CommitJob, CommitResult, FileProblem, FileToRead, RangesResult } from './messages.ts'
import { openToRead, problemOf, rangesOf } from './read-file.ts'
import { CHANGED, readSteadily } from './steady-read.ts'
import { type EntryXattr, isLong } from './xattrs.ts'

export const LARGE_FILE_BYTES = 64 << 20

type Pool = JobPool<CommitJob, CommitResult>

export interface LargeFile {
  readonly entry: Uint8Array | undefined
  readonly stat: Buffer
  readonly problem: Omit<FileProblem, 'index'> | undefined
}

/** Reads a large file on all threads. Never throws for what the file system says of this file. */
export async function readLargeFile(file: FileToRead, pool: Pool, put: PutChunk): Promise<LargeFile> {
  try {
    const fd = openToRead(file.directoryFd, Buffer.from(file.name, 'latin1'))
    try {
      return await readOpenFile(fd, file, pool, put)
    } finally {
      fs.closeSync(fd)
    }
  } catch (error) {
    return { entry: undefined, stat: forgottenRecord(), problem: problemOf(error) }
  }
}

async function readOpenFile(fd: number, file: FileToRead, pool: Pool, put: PutChunk): Promise<LargeFile> {
  if (entryTypeOf(statFd(fd)) !== ENTRY_FILE) throw Object.assign(new Error('something else took its place'), { code: 'ENOENT' })
  const { items, stat, changed } = await readSteadily(fd, (before) => readPieces(fd, before, pool))
  const xattrs = await xattrsOf(fd, pool)
  const entry = encodeEntry(fileEntry(Buffer.from(file.name, 'latin1'), stat, xattrs, streamOf(items, put)))
  return changed ? { entry, stat: forgottenRecord(stat), problem: CHANGED } : { entry, stat: statRecord(stat), problem: undefined }
}

/** Returns, or throws, when no thread reads through the descriptor any more: whoever opened it closes it then. */
async function readPieces(fd: number, stat: FileStat, pool: Pool): Promise<FileContent> {
  const pieces = piecesOf(rangesOf(fd, stat))
  const answers = await Promise.allSettled(pieces.map((ranges) => pool.run({ kind: 'ranges', fd, ranges })))
  const layout = new ContentLayout(0)
  for (const [index, answer] of answers.entries()) {
    if (answer.status === 'rejected') throw answer.reason
    layout.add(pieces[index]![0]![0], endOf(pieces[index]!), answer.value as RangesResult)
  }
  layout.finish(stat.sizeBytes)
  return layout
}

/** Groups data ranges into pieces of at most 64 MiB; a piece never crosses a multiple of 64 MiB, so that equal data is cut alike. */
function piecesOf(ranges: Iterable<ByteRange>): ByteRange[][] {
  const pieces: ByteRange[][] = []
  let piece = -1
  for (const [offset, length] of ranges) {
    for (let at = offset; at < offset + length; ) {
      const index = Math.floor(at / LARGE_FILE_BYTES)
      const end = Math.min(offset + length, (index + 1) * LARGE_FILE_BYTES)
      if (index !== piece) pieces.push([])
      piece = index
      pieces[pieces.length - 1]!.push([at, end - at])
      at = end
    }
  }
  return pieces
}

function endOf(ranges: readonly ByteRange[]): number {
  const last = ranges[ranges.length - 1]!
  return last[0] + last[1]
}

async function xattrsOf(fd: number, pool: Pool): Promise<EntryXattr[]> {
  const xattrs: EntryXattr[] = []
  for (const { name, value } of readXattrsFd(fd)) {
    if (!isLong(value)) xattrs.push({ name, value })
    else {
      const { items } = (await pool.run({ kind: 'bytes', bytes: value })) as RangesResult
      xattrs.push({ name, value: { size: value.length, depth: 0, items } })
    }
  }
  return xattrs
}
