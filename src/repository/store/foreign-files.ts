import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { journalKey } from '../../../format/store-key.ts'
import { UsageError } from '../../errors.ts'
import { errnoOf } from './file-system-errors.ts'

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

async function holdsRepository(root: string): Promise<boolean> {
  try {
    const names = await readdir(`${root}/journal`)
    return names.some((name) => `journal/${name}` === journalKey(0))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') {
      return false
    }
    throw error
  }
}
