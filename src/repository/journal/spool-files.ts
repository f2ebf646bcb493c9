// The files of a spool: one signed record each, mode 0600, named by time and chance so that they sort by age and never meet.

import { constants } from 'node:fs'
import { chmod, open, readdir, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from '../../errors.ts'
import { now } from '../../runtime/clock.ts'
import { makeDirectories } from '../../runtime/make-directories.ts'
import { systemCodeOf } from '../../runtime/posix/system-code.ts'
import { randomBytes } from '../../runtime/random.ts'
import { syncDirectory } from '../store/directories.ts'
import { removeStaleTemporaries, writeTemporary } from '../store/temporary-files.ts'

/** A record is never longer; the same limit keeps a foreign file from filling the memory. */
export const SPOOL_RECORD_BYTES = 256 * 1024

const RECORD_NAME = /^[0-9]{16}-[0-9a-f]{16}\.record$/
const ASIDE_SUFFIX = '.unreadable'

export class SpoolFiles {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  /** Keeps a record durably; returns its file's name. */
  async add(bytes: Uint8Array): Promise<string> {
    const name = `${String(Math.max(0, now())).padStart(16, '0')}-${randomBytes(8).toString('hex')}.record`
    try {
      if (makeDirectories(this.directory)) {
        await chmod(this.directory, 0o700)
      }
      await removeStaleTemporaries(this.directory)
      // The name holds 8 random bytes, so rename meets nothing that it could replace.
      await rename(await writeTemporary(this.directory, [bytes]), join(this.directory, name))
      await syncDirectory(this.directory)
    } catch (error) {
      throw spoolError(error, 'write', join(this.directory, name))
    }
    return name
  }

  /** The names of the records that wait, oldest first. */
  async names(): Promise<string[]> {
    return (await this.#all()).filter((name) => RECORD_NAME.test(name))
  }

  /** The names of the records that were set aside because nobody could read them. */
  async asideNames(): Promise<string[]> {
    return (await this.#all()).filter((name) => name.endsWith(ASIDE_SUFFIX) && RECORD_NAME.test(name.slice(0, -ASIDE_SUFFIX.length)))
  }

  /** A record's bytes, cut one byte beyond the limit; undefined when another process took it meanwhile. */
  async read(name: string): Promise<Buffer | undefined> {
    const path = join(this.directory, name)
    try {
      const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(SPOOL_RECORD_BYTES + 1), 0, SPOOL_RECORD_BYTES + 1, 0)
        return buffer.subarray(0, bytesRead)
      } finally {
        await handle.close()
      }
    } catch (error) {
      return absentOr(error, 'read', path)
    }
  }

  /** Removes a record that stands in the journal now. */
  async remove(name: string): Promise<void> {
    const path = join(this.directory, name)
    await unlink(path).catch((error: unknown) => absentOr(error, 'remove', path))
  }

  /** Sets a record aside that nobody can read, so that it is neither lost nor tried again; returns its new path. */
  async setAside(name: string): Promise<string> {
    const path = join(this.directory, name)
    await rename(path, path + ASIDE_SUFFIX).catch((error: unknown) => absentOr(error, 'set aside', path))
    return path + ASIDE_SUFFIX
  }

  async #all(): Promise<string[]> {
    const names = await readdir(this.directory).catch((error: unknown) => absentOr(error, 'list', this.directory))
    return (names ?? []).sort()
  }
}

function absentOr(error: unknown, action: string, path: string): undefined {
  if (systemCodeOf(error) === 'ENOENT') {
    return undefined
  }
  throw spoolError(error, action, path)
}

function spoolError(error: unknown, action: string, path: string): unknown {
  const errno = systemCodeOf(error instanceof StoreError ? error.cause : error)
  if (errno === undefined) {
    return error
  }
  return new StoreError('spool-io', `Cannot ${action} ${path} (${errno}).`, {
    hint: 'Events that the store did not take are kept in this directory: make it writable, with some space.',
    cause: error,
    fields: { path, errno },
  })
}
