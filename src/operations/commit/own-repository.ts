import { UsageError } from '../../errors.ts'
import type { Repository } from '../../repository/repository.ts'
import { OwnDirectory } from '../../sources/filesystem/own-directory.ts'
import type { CommitOptions } from './commit-options.ts'

/**
 * The repository's own directory, for the walk to leave out.
 * @throws {UsageError} `repository-itself` when nothing else was named to back up.
 */
export function ownDirectory({ store }: Repository, { root, stdin, onOwnDirectory }: CommitOptions): OwnDirectory {
  const own = new OwnDirectory(store.directory, onOwnDirectory)
  const named = stdin === undefined ? own.named(root) : undefined
  if (named === undefined) return own
  throw new UsageError('repository-itself', `${named.toString()} belongs to the repository, which cannot be backed up into itself.`, {
    hint: 'Name what is to be backed up. For a second copy of the repository see docs/operations.md.',
  })
}
