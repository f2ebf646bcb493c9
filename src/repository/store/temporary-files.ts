// Files on their way into a file system store: written and flushed under `tmp/`, then linked to their name (SPEC §3).

import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { now } from '../../runtime/clock.ts'
import { dropCached } from '../../runtime/posix/sync.ts'
import { systemCodeOf } from '../../runtime/posix/system-code.ts'
import { randomBytes } from '../../runtime/random.ts'
import { storeError } from './file-system-errors.ts'

/** The directory below a store's root where files are written before they get their name. */
export const TEMPORARY_DIRECTORY = 'tmp'

/** What a crash left behind is removed after this time. */
const STALE_MS = 24 * 60 * 60 * 1000

/** What is as long as this is a pack, which nobody reads soon: its pages serve the next one, and what the machine had cached stays. */
const NOT_KEPT_BYTES = 1 << 20

/** Matched whole: a file that only looks like ours is not ours. */
const TEMPORARY_NAME = /^put-[0-9a-f]{32}$/

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants

/** Writes the pieces to a new file (mode 0600) in `directory`, flushed to the medium; returns its path. */
export async function writeTemporary(directory: string, pieces: readonly Uint8Array[]): Promise<string> {
  const path = join(directory, `put-${randomBytes(16).toString('hex')}`)
  try {
    const handle = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    try {
      await handle.chmod(0o600)
      await writeAll(handle, pieces)
      // An error here is final for this file: the kernel may have dropped the pages already, so it is thrown away below.
      await handle.sync()
      if (lengthOf(pieces) >= NOT_KEPT_BYTES) dropCached(handle.fd, 0, 0)
    } finally {
      await handle.close()
    }
    return path
  } catch (error) {
    await discardTemporary(path)
    throw storeError(error, 'write', path)
  }
}

/** Removes a temporary file; what cannot be removed now is stale in a day and removed then. */
export async function discardTemporary(path: string): Promise<void> {
  await unlink(path).catch(() => undefined)
}

/** Removes what crashed writers left in `directory` more than a day ago; files of other names stay. */
export async function removeStaleTemporaries(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw storeError(error, 'list', directory)
  })
  for (const name of names.filter((each) => TEMPORARY_NAME.test(each))) {
    const path = join(directory, name)
    const found = await lstat(path).catch((error: unknown) => {
      if (systemCodeOf(error) === 'ENOENT') {
        return undefined
      }
      throw storeError(error, 'inspect', path)
    })
    if (found?.isFile() && now() - found.mtimeMs > STALE_MS) {
      await discardTemporary(path)
    }
  }
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0)
}

/** One writev for all pieces; the loop is for file systems that take a part of it. */
async function writeAll(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  let rest = pieces.filter((piece) => piece.length > 0)
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest)
    rest = afterBytes(rest, bytesWritten)
  }
}

function afterBytes(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes
  let first = 0
  while (first < pieces.length && skip >= pieces[first]!.length) {
    skip -= pieces[first]!.length
    first += 1
  }
  const rest = pieces.slice(first)
  if (skip > 0) {
    rest[0] = rest[0]!.subarray(skip)
  }
  return rest
}
