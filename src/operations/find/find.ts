// The verb `find`: which paths of which snapshots match a glob pattern. What did not change between two snapshots is searched once.

import { toHex } from '../../../format/bytes.ts'
import { encodeStream } from '../../../format/stream.ts'
import { ENTRY_DIRECTORY, type Entry } from '../../../format/tree.ts'
import { UsageError } from '../../errors.ts'
import type { SnapshotRecord } from '../../repository/journal/state.ts'
import type { Repository } from '../../repository/repository.ts'
import { entriesOf, type FoundEntry, joinPath, ofSnapshot } from '../snapshot-tree.ts'
import { globMatcher, type PathMatcher } from './glob.ts'

export interface Match extends FoundEntry {
  readonly snapshot: SnapshotRecord
}

/** Matches by directory: its path and content. Those of the snapshot before, and of the one that is searched now. */
type Searched = Map<string, readonly FoundEntry[]>

/**
 * Searches snapshots one after the other.
 * @throws {UsageError} `pattern` when the pattern cannot be read.
 */
export async function* find(
  repository: Repository,
  snapshots: Iterable<SnapshotRecord>,
  pattern: string,
  signal?: AbortSignal,
): AsyncGenerator<Match> {
  const matches = matcherOf(pattern)
  let before: Searched = new Map()
  for (const snapshot of snapshots) {
    const now: Searched = new Map()
    const { root } = await repository.readManifest(snapshot)
    const search = new Search(repository, matches, before, now, signal)
    for await (const found of ofSnapshot(snapshot, search.from(root))) yield { ...found, snapshot }
    before = now
  }
}

class Search {
  readonly #repository: Repository
  readonly #matches: PathMatcher
  readonly #before: Searched
  readonly #now: Searched
  readonly #signal: AbortSignal | undefined

  constructor(repository: Repository, matches: PathMatcher, before: Searched, now: Searched, signal: AbortSignal | undefined) {
    this.#repository = repository
    this.#matches = matches
    this.#before = before
    this.#now = now
    this.#signal = signal
  }

  /** What matches in a whole tree. */
  async *from(root: Entry): AsyncGenerator<FoundEntry> {
    yield* await this.below({ path: Buffer.alloc(0), entry: root })
  }

  /** What matches below a directory, in order. */
  async below(directory: FoundEntry): Promise<readonly FoundEntry[]> {
    const name = keyOf(directory)
    const found = this.#before.get(name) ?? (await this.#search(directory))
    this.#now.set(name, found)
    return found
  }

  async #search(directory: FoundEntry): Promise<FoundEntry[]> {
    this.#signal?.throwIfAborted()
    const found: FoundEntry[] = []
    for await (const entry of entriesOf(this.#repository, directory.entry, directory.path)) {
      const path = joinPath(directory.path, entry.name)
      if (this.#matches(path.toString('latin1'))) found.push({ path, entry })
      if (entry.type === ENTRY_DIRECTORY) for (const each of await this.below({ path, entry })) found.push(each)
    }
    return found
  }
}

function keyOf({ path, entry }: { readonly path: Buffer; readonly entry: Entry }): string {
  return `${path.toString('latin1')}\0${toHex(encodeStream(entry.content!))}`
}

function matcherOf(pattern: string): PathMatcher {
  try {
    return globMatcher(pattern)
  } catch (cause) {
    throw new UsageError('pattern', `The pattern '${pattern}' cannot be read.`, {
      hint: 'Use * ? ** [a-z], and \\ before a letter that means itself.',
      cause,
    })
  }
}
