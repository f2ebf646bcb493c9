// The verb `cat`: the content of a file in a snapshot, every chunk proven by its id before it is given out.

import { ENTRY_DIRECTORY, ENTRY_FILE, type Entry } from '../../../format/tree.ts'
import { UsageError } from '../../errors.ts'
import type { Repository } from '../../repository/repository.ts'
import { entryAt } from '../snapshot-tree.ts'

/**
 * The content of the file at a path, in pieces of at most 8 MiB.
 * @throws {NotFoundError} `path-not-found`; {UsageError} `not-a-file`; {IntegrityError} when it is damaged.
 */
export async function* catAt(repository: Repository, root: Entry, path: Uint8Array, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const { entry } = await entryAt(repository, root, path)
  if (entry.type !== ENTRY_FILE)
    throw new UsageError('not-a-file', 'Only files have content to print, and this is none.', {
      hint:
        entry.type === ENTRY_DIRECTORY ? "'cairn ls' lists a directory." : "'cairn ls --long' shows what it is, and where a link leads.",
    })
  for await (const piece of repository.readFile(entry.content!)) {
    signal?.throwIfAborted()
    yield piece
  }
}
