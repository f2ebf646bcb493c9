// Ways through the tree of a snapshot, for the verbs that read it: an entry by its path, and everything below an entry.

import { equalBytes, toHex } from '../../format/bytes.ts'
import { encodeStream } from '../../format/stream.ts'
import { ENTRY_DIRECTORY, type Entry } from '../../format/tree.ts'
import { NotFoundError } from '../errors.ts'
import type { SnapshotRecord } from '../repository/journal/state.ts'
import { damageAt, isDamage } from '../repository/objects/damage.ts'
import type { Repository } from '../repository/repository.ts'

const SLASH = Buffer.from('/')

/** An entry with its path in the snapshot, without a slash in front; the root's is empty. */
export interface FoundEntry {
  readonly path: Buffer
  readonly entry: Entry
}

/** The names in a path; slashes in front, behind and doubled do not count. */
export function pathParts(path: Uint8Array): Buffer[] {
  const parts: Buffer[] = []
  const bytes = Buffer.from(path)
  for (let from = 0; from <= bytes.length; ) {
    const slash = bytes.indexOf(0x2f, from)
    const to = slash === -1 ? bytes.length : slash
    if (to > from) parts.push(bytes.subarray(from, to))
    from = to + 1
  }
  return parts
}

/** The path of a name in a directory. */
export function joinPath(directory: Uint8Array, name: Uint8Array): Buffer {
  return directory.length === 0 ? Buffer.from(name) : Buffer.concat([directory, SLASH, name])
}

/** The entry at a path of a snapshot. @throws {NotFoundError} `path-not-found`. */
export async function entryAt(repository: Repository, root: Entry, path: Uint8Array): Promise<FoundEntry> {
  let found: FoundEntry = { path: Buffer.alloc(0), entry: root }
  for (const name of pathParts(path)) {
    const entry = await child(repository, found, name)
    const below = joinPath(found.path, name)
    if (entry === undefined) throw notFound(below, found)
    found = { path: below, entry }
  }
  return found
}

/** The entries of a directory, in order; damage is told with the directory's path. */
export async function* entriesOf(repository: Repository, directory: Entry, path: Uint8Array): AsyncGenerator<Entry> {
  try {
    yield* repository.readTree(directory.content!)
  } catch (error) {
    throw damageAtPath(error, path)
  }
}

/** What is read of a snapshot; damage is told with the snapshot's id, and with the path of what is read, where that is known. */
export async function* ofSnapshot<T>(snapshot: SnapshotRecord, items: AsyncIterable<T>, path?: Uint8Array): AsyncGenerator<T> {
  try {
    yield* items
  } catch (error) {
    throw damageInSnapshot(error, snapshot, path)
  }
}

/** Work on a snapshot; damage is told as by `ofSnapshot`. */
export async function inSnapshot<T>(snapshot: SnapshotRecord, work: Promise<T>, path?: Uint8Array): Promise<T> {
  return work.catch((error: unknown) => Promise.reject(damageInSnapshot(error, snapshot, path)))
}

/** Damage with the path of what could not be read; any other error as it is. */
export function damageAtPath(error: unknown, path: Uint8Array): unknown {
  return isDamage(error) ? damageAt(error, `/${Buffer.from(path).toString('utf8')}`, {}) : error
}

/** Damage with the snapshot's id, as `ofSnapshot` tells it. */
export function damageInSnapshot(error: unknown, { manifest, details }: SnapshotRecord, path?: Uint8Array): unknown {
  if (!isDamage(error)) return missingIn({ manifest, details }, error)
  const snapshot = toHex(manifest)
  const below = path === undefined ? '' : `, /${Buffer.from(path).toString('utf8')}`
  return damageAt(error, `Snapshot ${snapshot.slice(0, 8)}${below}`, { snapshot })
}

/** An error of a path that a snapshot does not have, with the command that shows what it has; any other error as it is. */
export function missingIn({ manifest, details }: Pick<SnapshotRecord, 'manifest' | 'details'>, error: unknown): unknown {
  if (!(error instanceof NotFoundError)) return error
  const id = toHex(manifest).slice(0, 8)
  const { above } = error.fields
  const shown = error.hint ?? `'cairn ls ${id}:${typeof above === 'string' ? above : ''}' shows what is there.`
  const hint = details.problemCount === 0 ? shown : `${shown} The snapshot is partial, so it may not have been captured: cairn show ${id}`
  return new NotFoundError(error.code, error.message, { hint, fields: error.fields, cause: error })
}

/** Everything below an entry, depth first, each directory before what is in it. Its memory grows with the depth, not with the tree. */
export async function* walkBelow(repository: Repository, from: FoundEntry): AsyncGenerator<FoundEntry> {
  const open: { readonly path: Buffer; readonly entries: AsyncIterator<Entry> }[] = []
  const enter = ({ path, entry }: FoundEntry): void => {
    if (entry.type === ENTRY_DIRECTORY) open.push({ path, entries: entriesOf(repository, entry, path)[Symbol.asyncIterator]() })
  }
  enter(from)
  for (let directory = open.at(-1); directory !== undefined; directory = open.at(-1)) {
    const { done, value: entry } = await directory.entries.next()
    if (done === true) {
      open.pop()
      continue
    }
    const found = { path: joinPath(directory.path, entry.name), entry }
    yield found
    enter(found)
  }
}

/** Whether two entries have the same content: equal streams are equal bytes, and no tree below them need be read. */
export function sameContent(a: Entry, b: Entry): boolean {
  if (a.content === undefined || b.content === undefined) return a.content === b.content
  return a.content.size === b.content.size && equalBytes(encodeStream(a.content), encodeStream(b.content))
}

async function child(repository: Repository, { path, entry: directory }: FoundEntry, name: Buffer): Promise<Entry | undefined> {
  if (directory.type !== ENTRY_DIRECTORY) return undefined
  for await (const entry of entriesOf(repository, directory, path)) {
    const order = Buffer.compare(entry.name, name)
    if (order === 0) return entry
    if (order > 0) return undefined
  }
  return undefined
}

function notFound(path: Buffer, parent: FoundEntry): NotFoundError {
  const text = path.toString('utf8')
  const inDirectory = parent.entry.type === ENTRY_DIRECTORY
  const above = parent.path.length === 0 ? '/' : parent.path.toString('utf8')
  return new NotFoundError('path-not-found', `The snapshot has no '${text}'.`, {
    ...(!inDirectory && { hint: `${above} is no directory.` }),
    fields: { path: text, above },
  })
}
