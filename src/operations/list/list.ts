// The verb `list` (`cairn ls`): what stands in a directory of a snapshot, or everything below it.

import { ENTRY_DIRECTORY, type Entry } from '../../../format/tree.ts'
import type { Repository } from '../../repository/repository.ts'
import { entriesOf, entryAt, type FoundEntry, joinPath, walkBelow } from '../snapshot-tree.ts'

export interface ListOptions {
  readonly recursive?: boolean
  readonly signal?: AbortSignal
}

/** The entries at a path, in order; a file is listed as itself. @throws {NotFoundError} `path-not-found`. */
export async function* list(repository: Repository, root: Entry, path: Uint8Array, options: ListOptions = {}): AsyncGenerator<FoundEntry> {
  const from = await entryAt(repository, root, path)
  for await (const found of entriesFrom(repository, from, options.recursive === true)) {
    options.signal?.throwIfAborted()
    yield found
  }
}

async function* entriesFrom(repository: Repository, from: FoundEntry, recursive: boolean): AsyncGenerator<FoundEntry> {
  if (from.entry.type !== ENTRY_DIRECTORY) yield from
  else if (recursive) yield* walkBelow(repository, from)
  else for await (const entry of entriesOf(repository, from.entry, from.path)) yield { path: joinPath(from.path, entry.name), entry }
}
