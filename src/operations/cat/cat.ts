// The verb `cat`: the content of a file in a snapshot, every chunk proven by its id before it is given out.

import { ENTRY_FILE, type Entry } from '../../../format/tree.ts'
import { UsageError } from '../../errors.ts'
import type { Repository } from '../../repository/repository.ts'
import { entryAt } from '../snapshot-tree.ts'

/** The file at a path. @throws {NotFoundError} `path-not-found`; {UsageError} `not-a-file`. */
export async function fileAt(repository: Repository, root: Entry, path: Uint8Array): Promise<Entry> {
  const { entry } = await entryAt(repository, root, path)
  if (entry.type === ENTRY_FILE) return entry
  throw new UsageError('not-a-file', 'Only files have content to print, and this is none.', { hint: "Use 'cairn ls' for directories." })
}

/** The content of a file in pieces of at most 8 MiB. */
export async function* cat(repository: Repository, file: Entry, signal?: AbortSignal): AsyncGenerator<Buffer> {
  for await (const piece of repository.readFile(file.content!)) {
    signal?.throwIfAborted()
    yield piece
  }
}
