// Rows of captures that nobody makes any more: other paths, other excludes, repositories that are gone. They are disposable, and a commit
// that ended well takes them away, whatever repository they are of. One that is in use was used lately.

import fs from 'node:fs'
import path from 'node:path'
import { isHomeFailure } from './home-errors.ts'

const DAY_MS = 86_400_000
const UNUSED_MS = 90 * DAY_MS
/** The oldest beyond these go earlier, unless they were used within a day. */
const KEPT_FILES = 256

const SUFFIXES = ['', '-wal', '-shm'] as const
const ROWS_FILE = /^files-[0-9a-f]{32}\.db$/

interface RowsFile {
  readonly file: string
  /** Milliseconds since 1970; of the rows or of SQLite's files beside them. */
  readonly usedAt: number
}

/** Removes the files of rows that were not used for 90 days, or are too many; what cannot be removed stays. `at` is now. */
export function removeStaleRows(directory: string, at: number): void {
  const newestFirst = rowsFiles(directory).sort((a, b) => b.usedAt - a.usedAt)
  for (const [number, { file, usedAt }] of newestFirst.entries()) {
    const unusedMs = at - usedAt
    if (unusedMs > UNUSED_MS || (number >= KEPT_FILES && unusedMs > DAY_MS)) removeRows(file)
  }
}

function rowsFiles(directory: string): RowsFile[] {
  const names = fs.readdirSync(directory).filter((name) => ROWS_FILE.test(name))
  return names.map((name) => ({ file: path.join(directory, name), usedAt: usedAt(path.join(directory, name)) }))
}

function usedAt(file: string): number {
  return Math.max(...SUFFIXES.map((suffix) => fs.statSync(file + suffix, { throwIfNoEntry: false })?.mtimeMs ?? 0))
}

function removeRows(file: string): void {
  try {
    for (const suffix of SUFFIXES) fs.rmSync(file + suffix, { force: true })
  } catch (error) {
    if (!isHomeFailure(error)) throw error
  }
}
