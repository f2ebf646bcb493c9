// Identity files: one for each repository, 0600, under `identities/` of the home; or a writer's bundle that is named.

import fs from 'node:fs'
import path from 'node:path'
import { toHex } from '../../../format/bytes.ts'
import { decodeIdentityFile, encodeIdentityFile, type IdentityFile } from '../../../format/identity-file.ts'
import { FormatError, KeyError, UsageError } from '../../errors.ts'
import { makeDirectories } from '../../runtime/make-directories.ts'
import { systemCodeOf } from '../../runtime/posix/system-code.ts'
import { withHomeErrors } from '../catalog/home-errors.ts'
import type { Home } from './home.ts'
import { readAtMost, SECRET_FILE_BYTES } from './named-file.ts'

const { O_NONBLOCK, O_RDONLY } = fs.constants

/** Where the identity for a repository is kept. */
export function identityPath(home: Home, repository: Uint8Array): string {
  return path.join(home.directory, 'identities', `${toHex(repository)}.json`)
}

/**
 * Keeps an identity durably before it is needed.
 * `setting`: the variable that names the file, where it is one that may still be set for another repository.
 * @throws {UsageError} `identity-exists` when a file is there already; {StoreError} `home-*` when its disk does not take it.
 */
export function keepIdentity(file: string, identity: IdentityFile, { setting }: { readonly setting?: string | undefined } = {}): void {
  withHomeErrors(file, () => writeIdentity(file, identity, setting))
}

function writeIdentity(file: string, identity: IdentityFile, setting: string | undefined): void {
  makeDirectories(path.dirname(file))
  let fd: number
  try {
    fd = fs.openSync(file, 'wx', 0o600)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new UsageError('identity-exists', `There is a file at ${file} already.`, {
      hint:
        setting === undefined
          ? 'Name another file; nothing is overwritten.'
          : `${setting} names it. Unset that, or name another file; nothing is overwritten.`,
      cause,
    })
  }
  try {
    fs.writeFileSync(fd, encodeIdentityFile(identity))
    fs.fsyncSync(fd)
  } catch (error) {
    fs.unlinkSync(file) // half an identity opens nothing, and would be in the way of a whole one
    throw error
  } finally {
    fs.closeSync(fd)
  }
  const directory = fs.openSync(path.dirname(file), 'r')
  fs.fsyncSync(directory)
  fs.closeSync(directory)
}

/**
 * Reads an identity file; undefined when there is none.
 * @throws {KeyError} `identity-open` when others may read it, as ssh does with private keys; `identity-unreadable` when it is no regular
 * file, or cannot be read; `identity-format` when it is none.
 */
export function readIdentity(file: string): IdentityFile | undefined {
  let fd: number
  try {
    fd = fs.openSync(file, O_RDONLY | O_NONBLOCK) // a FIFO would wait for whoever writes into it
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(`The identity ${file} cannot be read.`, 'Check its permissions.', error)
  }
  try {
    const stat = fs.fstatSync(fd)
    if (!stat.isFile()) throw unreadable(`The identity ${file} is no regular file.`, 'Name the file that holds it.')
    if ((stat.mode & 0o077) !== 0) {
      throw new KeyError('identity-open', `The identity ${file} can be read by others.`, { hint: `Close it: chmod 600 ${file}` })
    }
    const bytes = readBytes(fd, file)
    if (bytes !== undefined) return decoded(file, bytes)
    throw unreadable(`The identity ${file} has more than ${SECRET_FILE_BYTES / 1024} KiB.`, 'Check that it is the right file.')
  } finally {
    fs.closeSync(fd)
  }
}

function readBytes(fd: number, file: string): Buffer | undefined {
  try {
    return readAtMost(fd, SECRET_FILE_BYTES)
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === undefined) throw error
    throw unreadable(`The identity ${file} cannot be read (${code}).`, 'Check the medium on which it lies (`dmesg`).', error)
  }
}

function unreadable(message: string, hint: string, cause?: unknown): KeyError {
  return new KeyError('identity-unreadable', message, { hint, cause })
}

function decoded(file: string, bytes: Uint8Array): IdentityFile {
  try {
    return decodeIdentityFile(bytes)
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw new KeyError('identity-format', `The file ${file} cannot be used as an identity (${cause.message}).`, {
      hint: cause.hint ?? 'Name an identity with --identity or CAIRN_IDENTITY; a recovery code goes with --recovery-code-file FILE.',
      cause,
    })
  }
}
