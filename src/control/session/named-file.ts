// Small files that a person named: read with a bound, since what was named may be a device or a pipe that never ends; new ones only where
// their directory is.

import fs from 'node:fs'
import path from 'node:path'
import { UsageError } from '../../errors.ts'

const KIB = 1024
/** A passphrase, a recovery code or an identity. */
export const SECRET_FILE_BYTES = 64 * KIB

export interface NamedFileRules {
  /** The file in the words of an error, as "The passphrase file x". */
  readonly subject: string
  /** Of the error. */
  readonly code: string
  readonly mostBytes: number
}

/**
 * The text of a file, or of a pipe as a shell makes of `<(…)`.
 * @throws {UsageError} with the code that was given, when it cannot be read or is larger
 */
export function readNamedFile(file: string, { subject, code, mostBytes }: NamedFileRules): string {
  let bytes: Buffer | undefined
  try {
    bytes = readBounded(file, mostBytes)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EISDIR')
      throw new UsageError(code, `${subject} is a directory.`, { hint: 'Name the file itself.', cause })
    throw new UsageError(code, `${subject} cannot be read.`, { hint: 'Check its path and permissions.', cause })
  }
  if (bytes !== undefined) return bytes.toString('utf8')
  throw new UsageError(code, `${subject} has more than ${mostBytes / KIB} KiB.`, {
    hint: 'That is the most that is read. Check that it is the right file.',
    fields: { file, mostBytes },
  })
}

/**
 * Refuses a new file whose directory is missing: that may be a disk that is not mounted, and the file a key that nobody finds again.
 * @throws {UsageError} `file-parent`
 */
export function assertDirectoryOf(file: string): void {
  const parent = path.dirname(path.resolve(file))
  try {
    fs.statSync(parent)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') return // who makes the file tells what else is wrong
    throw new UsageError('file-parent', `There is no directory ${parent} to make ${path.basename(file)} in.`, {
      hint: `Is its disk mounted? If it is meant to be new, make it first: mkdir -p '${parent}'`,
      cause,
    })
  }
}

function readBounded(file: string, mostBytes: number): Buffer | undefined {
  const fd = fs.openSync(file, 'r')
  try {
    return readAtMost(fd, mostBytes)
  } finally {
    fs.closeSync(fd)
  }
}

/** All that an open file or pipe gives; undefined when that is more. */
export function readAtMost(fd: number, mostBytes: number): Buffer | undefined {
  const buffer = Buffer.allocUnsafe(mostBytes + 1)
  let length = 0
  while (length < buffer.length) {
    const read = fs.readSync(fd, buffer, length, buffer.length - length, null)
    if (read === 0) return buffer.subarray(0, length)
    length += read
  }
  return undefined
}
