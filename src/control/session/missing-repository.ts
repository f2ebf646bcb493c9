// No repository where one was, or where parts of one are: a disk that is not mounted, or a journal that is lost. Whoever made a new
// one there would bury what is left.

import path from 'node:path'
import { type Id, toHex } from '../../../format/bytes.ts'
import { journalKey } from '../../../format/store-key.ts'
import { NotFoundError, UsageError } from '../../errors.ts'
import type { ObjectStore, StorePrefix } from '../../repository/store/object-store.ts'
import { storePath } from '../../repository/store/open-store.ts'
import { openKnownPlaces } from './known-places.ts'

/** What no interrupted `init` leaves: that writes key slots before there is a repository. */
const PARTS = ['journal/', 'manifests/', 'packs/data/', 'packs/tree/'] as const satisfies readonly StorePrefix[]

/** The error of a place at which no store can be opened, with the repository that this machine saw there. */
export function missingStore(error: unknown, location: string, env: NodeJS.ProcessEnv): unknown {
  if (!isMissing(error)) return error
  const known = openKnownPlaces(env)
  try {
    return wasThere(error, known.repositoryAt(path.resolve(storePath(location))))
  } finally {
    known.close()
  }
}

/** The error of a store in which no repository was found, with what is known of it and what is left of it. */
export async function missingRepository(error: unknown, store: ObjectStore, expected: Id | undefined): Promise<unknown> {
  if (!isMissing(error)) return error
  const parts = await partsIn(store)
  if (parts.length === 0) return wasThere(error, expected)
  const whose = expected === undefined ? 'a repository' : `repository ${toHex(expected).slice(0, 16)}`
  return new NotFoundError(error.code, `${missing(parts)} at ${store.location}, where ${listed(parts)} of ${whose} are.`, {
    hint: 'Bring it back from a copy of the store (docs/recovery.md), and make no new repository here: nothing would open what is left.',
    fields: { ...error.fields, parts, ...(expected !== undefined && { expectedRepository: toHex(expected) }) },
    cause: error,
  })
}

/** @throws {UsageError} `repository-remains` when parts of a repository lie where a new one is to be made. */
export async function assertNoRemains(store: ObjectStore): Promise<void> {
  const parts = await partsIn(store)
  if (parts.length === 0) return
  throw new UsageError('repository-remains', `${missing(parts)} at ${store.location}, where ${listed(parts)} of a repository are.`, {
    hint: 'Bring it back from a copy of the store (docs/recovery.md). For a new repository name another path, or move what is left away.',
    fields: { parts },
  })
}

function isMissing(error: unknown): error is NotFoundError {
  return error instanceof NotFoundError && error.code === 'repository-not-found'
}

function wasThere(error: NotFoundError, expected: Id | undefined): NotFoundError {
  if (expected === undefined) return error
  const id = toHex(expected)
  return new NotFoundError(error.code, `${error.message} Repository ${id.slice(0, 16)} was there when this machine last looked.`, {
    hint: 'Is the right disk mounted? Only where the repository was removed on purpose, make a new one with `cairn init`.',
    fields: { ...error.fields, expectedRepository: id },
    cause: error,
  })
}

function missing(parts: readonly StorePrefix[]): string {
  return parts.includes('journal/') ? `${journalKey(0)}, with which the journal begins, is missing` : 'The journal is missing'
}

function listed(parts: readonly string[]): string {
  return parts.length === 1 ? parts[0]! : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

async function partsIn(store: ObjectStore): Promise<StorePrefix[]> {
  const found: StorePrefix[] = []
  for (const prefix of PARTS) if (await holdsAny(store, prefix)) found.push(prefix)
  return found
}

async function holdsAny(store: ObjectStore, prefix: StorePrefix): Promise<boolean> {
  for await (const _ of store.list(prefix)) return true
  return false
}
