import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../../errors.ts'
import { FileSystemStore } from './file-system-store.ts'
import type { ObjectStore } from './object-store.ts'

/** `scheme://…`; a single letter would be a drive, not a scheme. */
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]+):\/\//

/**
 * Opens the store at a path or address: a plain path, or `file://` with an absolute path.
 * With `create` its directory is made where it is missing.
 * @throws {UsageError} `store-unsupported` for any other kind of address; `not-empty`, `not-a-directory` as in `FileSystemStore.create`.
 * @throws {NotFoundError} `repository-not-found` when there is no such directory.
 */
export async function openStore(url: string, options: { readonly create?: boolean } = {}): Promise<ObjectStore> {
  const path = storePath(url)
  return options.create === true ? FileSystemStore.create(path) : FileSystemStore.open(path)
}

/**
 * Refuses a new store where the directory that it is to lie in is missing: that may be a disk that is not mounted.
 * @throws {UsageError} `store-parent`; as `openStore`.
 */
export function assertParent(url: string): void {
  const parent = dirname(resolve(storePath(url)))
  if (existsSync(parent)) return
  throw new UsageError('store-parent', `There is no directory ${parent} to make a repository in.`, {
    hint: `Is its disk mounted? If it is meant to be new, make it first: mkdir -p '${parent}'`,
  })
}

/** Whether nothing lies at the path of a store yet. @throws as `openStore`. */
export function isAbsent(url: string): boolean {
  return !existsSync(storePath(url))
}

/** The path that an address stands for, whether there is a store or not. @throws {UsageError} `store-unsupported` */
export function storePath(url: string): string {
  const scheme = SCHEME.exec(url)?.[1]?.toLowerCase()
  if (scheme === undefined && url !== '') {
    return url
  }
  try {
    if (scheme === 'file') {
      return fileURLToPath(url)
    }
  } catch (error) {
    throw unsupported(url, error)
  }
  throw unsupported(url)
}

function unsupported(url: string, cause?: unknown): UsageError {
  // An address may carry a password: only its scheme is repeated.
  const shown = SCHEME.exec(url)?.[0] ?? 'an empty address'
  return new UsageError('store-unsupported', `This version cannot open a repository at ${shown}…`, {
    hint: 'Supported are a path and file:///absolute/path.',
    ...(cause === undefined ? {} : { cause }),
  })
}
