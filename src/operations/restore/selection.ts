import { compareBytes } from '../../../format/bytes.ts'
import { ENTRY_DIRECTORY, type Entry } from '../../../format/tree.ts'
import { NotFoundError } from '../../errors.ts'
import type { Repository } from '../../repository/repository.ts'
import { Gitignore } from '../../sources/filesystem/gitignore.ts'

/** Says whether an entry is wanted by itself; its path is text, from the restored root. Directories above a wanted entry come along. */
export type IsIncluded = (path: string, isDirectory: boolean) => boolean

/** A predicate over patterns of gitignore's grammar; undefined when there are none, so that everything is wanted. */
export function includesOf(patterns: readonly string[] | undefined): IsIncluded | undefined {
  if (patterns === undefined || patterns.length === 0) return undefined
  const rules = new Gitignore(patterns)
  return (path, isDirectory) => rules.matches(isDirectory ? `${path}/` : path)
}

/**
 * The entry at a path below a root.
 * @throws {NotFoundError} `path` when there is none
 */
export async function entryAtPath(repository: Repository, root: Entry, path: readonly Uint8Array[]): Promise<Entry> {
  let entry = root
  for (const [depth, name] of path.entries()) {
    const found = entry.type === ENTRY_DIRECTORY ? await childOf(repository, entry, name) : undefined
    if (found === undefined) throw noSuchPath(path.slice(0, depth + 1))
    entry = found
  }
  return entry
}

async function childOf(repository: Repository, directory: Entry, name: Uint8Array): Promise<Entry | undefined> {
  for await (const entry of repository.readTree(directory.content!)) {
    if (compareBytes(entry.name, name) === 0) return entry
  }
  return undefined
}

function noSuchPath(path: readonly Uint8Array[]): NotFoundError {
  const text = path.map((name) => Buffer.from(name).toString('utf8')).join('/')
  return new NotFoundError('path', `The snapshot has nothing at '${text}'.`, {
    hint: "Run 'cairn ls' to see what it has.",
    fields: { path: text },
  })
}
