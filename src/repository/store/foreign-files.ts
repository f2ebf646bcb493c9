// What lies where a store is or is to be, and is none.

import type { Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { journalKey } from '../../../format/store-key.ts'
import { NotFoundError, UsageError } from '../../errors.ts'
import { systemCodeOf } from '../../runtime/posix/system-code.ts'

/** What may lie in a store's root; `lost+found` is the root of a disk of its own. */
const STORE_NAMES: ReadonlySet<string> = new Set([
  'cairn.json',
  'keys',
  'journal',
  'checkpoints',
  'manifests',
  'index',
  'packs',
  'leases',
  'tmp',
  'lost+found',
])

/**
 * Checks that a directory may become a store: empty, a store already, or what an interrupted start left.
 * @throws {UsageError} `not-empty` when it holds foreign files and no repository.
 */
export async function assertFitForStore(root: string): Promise<void> {
  const foreign = (await readdir(root)).filter((name) => !STORE_NAMES.has(name)).sort()
  if (foreign.length === 0 || (await holdsRepository(root))) {
    return
  }
  throw new UsageError('not-empty', `${resolve(root)} holds other files (${foreign.slice(0, 3).join(', ')}) and no repository.`, {
    hint: 'Name an empty or a new directory.',
    fields: { path: resolve(root), found: foreign.length },
  })
}

/** The error of a path at which no store can be opened: there is no directory. */
export async function noStoreAt(path: string): Promise<NotFoundError> {
  const place = resolve(path)
  const what = (await foundAt(place)) === undefined ? `There is no directory ${place}.` : `${place} is a file, not a repository.`
  return new NotFoundError('repository-not-found', what, {
    hint: 'Check the path and that its disk is mounted; `cairn init` makes a new repository.',
    fields: { path: place },
  })
}

/**
 * Checks that nothing but a directory is at a path where a store is to be made.
 * @throws {UsageError} `not-a-directory`
 */
export async function assertFreeForStore(path: string): Promise<void> {
  const found = await foundAt(path)
  if (found === undefined || found.isDirectory()) return
  throw new UsageError('not-a-directory', `${resolve(path)} is a file, not a directory.`, { hint: 'Name an empty or a new directory.' })
}

/** Undefined when nothing is there, or nobody can tell: then making or opening it says why. */
async function foundAt(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined)
}

async function holdsRepository(root: string): Promise<boolean> {
  try {
    const names = await readdir(`${root}/journal`)
    return names.some((name) => `journal/${name}` === journalKey(0))
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR') {
      return false
    }
    throw error
  }
}
