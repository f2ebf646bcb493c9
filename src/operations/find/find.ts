// The verb `find`: which paths of which snapshots match a glob pattern. What did not change between two snapshots is searched once.

import { encodeStream } from '../../../format/stream.ts'
import { ENTRY_DIRECTORY, type Entry } from '../../../format/tree.ts'
import { UsageError } from '../../errors.ts'
import { sha256 } from '../../repository/crypto/hash.ts'
import type { SnapshotRecord } from '../../repository/journal/state.ts'
import { isDamage, isUnreadable } from '../../repository/objects/damage.ts'
import type { Repository } from '../../repository/repository.ts'
import { damageInSnapshot, entriesOf, type FoundEntry, joinPath } from '../snapshot-tree.ts'
import { globMatcher, type PathMatcher } from './glob.ts'

export interface Match extends FoundEntry {
  readonly snapshot: SnapshotRecord
}

/** Why a snapshot, or a directory of it, could not be searched. */
export interface Unsearched {
  readonly snapshot: SnapshotRecord
  readonly message: string
}

export interface FindOptions {
  /** Hears of what is damaged, and the search goes on without it; where there is none, damage ends the search. */
  readonly onDamage?: (unsearched: Unsearched) => void
  readonly signal?: AbortSignal
}

/** Matches by directory: its path and content. Those of the snapshot before, and of the one that is searched now. */
type Searched = Map<string, readonly FoundEntry[]>

/** Beyond these, directories are searched anew in the next snapshot: trees can make more paths than there is memory for. */
const KEPT_DIRECTORIES = 100_000
const KEPT_MATCHES = 200_000
const KEPT_MATCHES_BELOW_ONE = 1000

interface OpenDirectory {
  readonly path: Buffer
  readonly name: string
  readonly entries: AsyncIterator<Entry>
  /** All matches below it so far; undefined when there are too many to keep. */
  matches: FoundEntry[] | undefined
}

/**
 * Searches snapshots one after the other.
 * @throws {UsageError} `pattern` when the pattern cannot be read; {IntegrityError}, {FormatError} for damage that nobody hears of.
 */
export async function* find(
  repository: Repository,
  snapshots: Iterable<SnapshotRecord>,
  pattern: string,
  { onDamage, signal }: FindOptions = {},
): AsyncGenerator<Match> {
  const matches = matcherOf(pattern)
  let before: Searched = new Map()
  for (const snapshot of snapshots) {
    const damaged = (error: unknown): void => {
      if (onDamage === undefined || !(isDamage(error) || isUnreadable(error))) throw error
      onDamage({ snapshot, message: error.message })
    }
    const now: Searched = new Map()
    const root = await rootOf(repository, snapshot).catch(damaged)
    if (root === undefined) continue
    const search = new Search(repository, matches, before, now, { signal, damaged: (error) => damaged(damageInSnapshot(error, snapshot)) })
    for await (const found of search.from(root)) yield { ...found, snapshot }
    before = now
  }
}

async function rootOf(repository: Repository, snapshot: SnapshotRecord): Promise<Entry> {
  return (await repository.readManifest(snapshot)).root
}

interface SearchOptions {
  /** Throws what ends the search; returns when it goes on without the directory that could not be read. */
  readonly damaged: (error: unknown) => void
  readonly signal: AbortSignal | undefined
}

class Search {
  readonly #repository: Repository
  readonly #matches: PathMatcher
  readonly #before: Searched
  readonly #now: Searched
  readonly #options: SearchOptions
  #kept = 0

  constructor(repository: Repository, matches: PathMatcher, before: Searched, now: Searched, options: SearchOptions) {
    this.#repository = repository
    this.#matches = matches
    this.#before = before
    this.#now = now
    this.#options = options
  }

  /** What matches in a whole tree, in order. Not recursive: trees may be 65,536 deep. */
  async *from(root: Entry): AsyncGenerator<FoundEntry> {
    const stack = [this.#open({ path: Buffer.alloc(0), entry: root })]
    for (let directory = stack.at(-1); directory !== undefined; directory = stack.at(-1)) {
      this.#options.signal?.throwIfAborted()
      const entry = await this.#next(directory)
      if (entry === undefined) {
        stack.pop()
        this.#keep(directory, stack.at(-1))
        continue
      }
      const found = { path: joinPath(directory.path, entry.name), entry }
      if (this.#matches(found.path.toString('latin1'), entry.type === ENTRY_DIRECTORY)) {
        addMatches(directory, [found])
        yield found
      }
      if (entry.type === ENTRY_DIRECTORY) yield* this.#enter(found, directory, stack)
    }
  }

  /** The next entry of a directory; undefined at its end. What lies behind damage is not known, so the directory is not kept. */
  async #next(directory: OpenDirectory): Promise<Entry | undefined> {
    try {
      const { done, value } = await directory.entries.next()
      return done === true ? undefined : value
    } catch (error) {
      this.#options.damaged(error)
      directory.matches = undefined
      return undefined
    }
  }

  /** Opens a directory, or gives what was found in an equal one before. */
  *#enter(found: FoundEntry, above: OpenDirectory, stack: OpenDirectory[]): Generator<FoundEntry> {
    const name = keyOf(found)
    const known = this.#before.get(name)
    if (known === undefined) {
      stack.push(this.#open(found, name))
      return
    }
    this.#remember(name, known)
    addMatches(above, known)
    yield* known
  }

  #open({ path, entry }: FoundEntry, name = keyOf({ path, entry })): OpenDirectory {
    return { path, name, entries: entriesOf(this.#repository, entry, path)[Symbol.asyncIterator](), matches: [] }
  }

  #keep({ name, matches }: OpenDirectory, above: OpenDirectory | undefined): void {
    if (matches !== undefined) this.#remember(name, matches)
    if (above !== undefined) addMatches(above, matches)
  }

  #remember(name: string, matches: readonly FoundEntry[]): void {
    if (this.#now.size >= KEPT_DIRECTORIES || this.#kept + matches.length > KEPT_MATCHES) return
    this.#kept += matches.length
    this.#now.set(name, matches)
  }
}

function addMatches(directory: OpenDirectory, matches: readonly FoundEntry[] | undefined): void {
  if (matches === undefined || (directory.matches?.length ?? 0) + matches.length > KEPT_MATCHES_BELOW_ONE) directory.matches = undefined
  else for (const match of matches) directory.matches?.push(match)
}

function keyOf({ path, entry }: FoundEntry): string {
  return sha256(path, Buffer.of(0), encodeStream(entry.content!)).toString('latin1')
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
