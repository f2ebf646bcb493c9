// The verb `diff`: what changed from a snapshot to another one, or to a live directory. Equal subtrees of two snapshots are not read.

import { ENTRY_DIRECTORY, ENTRY_FILE } from '../../../format/tree.ts'
import { systemCodeOf, systemMessageOf } from '../../runtime/posix/system-code.ts'
import { joinPath } from '../snapshot-tree.ts'
import { type Change, changedFields, type DiffNode } from './change.ts'
import type { LinkGroups } from './link-groups.ts'

export interface DiffSides {
  readonly before: DiffNode
  readonly after: DiffNode
  /** Whether two directories are known to be equal without looking into them. */
  readonly sameTree: (before: DiffNode, after: DiffNode) => boolean
  readonly sameFile: (before: DiffNode, after: DiffNode) => Promise<boolean>
  /** Only where every name is looked at: a name in an equal subtree may be one file with others. */
  readonly links?: LinkGroups
  /** Why a side does not hold a path, when that is only because it could not be read. */
  readonly missedBefore: Missed
  readonly missedAfter: Missed
}

export type Missed = (path: Buffer) => string | undefined

interface Pair {
  readonly path: Buffer
  readonly before: DiffNode | undefined
  readonly after: DiffNode | undefined
}

/** Changes in order of paths, each directory before what is in it. What cannot be read is told as such. */
export async function* diff(sides: DiffSides, signal?: AbortSignal): AsyncGenerator<Change> {
  const root: Pair = { path: Buffer.alloc(0), before: sides.before, after: sides.after }
  const open: { readonly of: Pair; readonly pairs: AsyncIterator<Pair> }[] = [{ of: root, pairs: one(root) }]
  for (let directory = open.at(-1); directory !== undefined; directory = open.at(-1)) {
    signal?.throwIfAborted()
    let pair = directory.of
    try {
      const { done, value } = await directory.pairs.next()
      if (done === true) {
        open.pop()
        continue
      }
      pair = value
      const change = await compare(sides, pair)
      if (change !== undefined) yield change
      if (change?.kind !== 'unreadable' && looksInto(sides, pair)) open.push({ of: pair, pairs: pairsOf(pair) })
    } catch (error) {
      yield unreadable(pair, error)
      if (pair === directory.of) open.pop()
    }
  }
}

async function compare(sides: DiffSides, { path, before, after }: Pair): Promise<Change | undefined> {
  const missed = before === undefined ? sides.missedBefore(path) : after === undefined ? sides.missedAfter(path) : undefined
  if (missed !== undefined) return { kind: 'unreadable', path, before, after, fields: [], message: `not captured: ${missed}` }
  if (before === undefined) return { kind: 'added', path, before, after, fields: [] }
  if (after === undefined) return { kind: 'removed', path, before, after, fields: [] }
  if (before.entry.type !== after.entry.type) return { kind: 'type', path, before, after, fields: [] }
  const fields = await changedFields(before, after)
  if (sides.links?.differ(before.entry, after.entry)) fields.push('links')
  const isChanged = before.entry.type === ENTRY_FILE && !(await sides.sameFile(before, after))
  if (isChanged) return { kind: 'content', path, before, after, fields }
  return fields.length === 0 ? undefined : { kind: 'metadata', path, before, after, fields }
}

function looksInto({ sameTree }: DiffSides, { before, after }: Pair): boolean {
  const directories = [before, after].filter((node) => node?.entry.type === ENTRY_DIRECTORY)
  return directories.length === 1 || (directories.length === 2 && !sameTree(before!, after!))
}

/** The names of both sides, merged; a side that is no directory has none. */
async function* pairsOf({ path, before, after }: Pair): AsyncGenerator<Pair> {
  const [left, right] = [childrenOf(before), childrenOf(after)]
  let [a, b] = [await left.next(), await right.next()]
  while (a.done !== true || b.done !== true) {
    const order = a.done === true ? 1 : b.done === true ? -1 : Buffer.compare(a.value.entry.name, b.value.entry.name)
    const old = order <= 0 && a.done !== true ? a.value : undefined
    const now = order >= 0 && b.done !== true ? b.value : undefined
    yield { path: joinPath(path, (old ?? now)!.entry.name), before: old, after: now }
    if (old !== undefined) a = await left.next()
    if (now !== undefined) b = await right.next()
  }
}

function childrenOf(node: DiffNode | undefined): AsyncIterator<DiffNode> {
  return (node?.entry.type === ENTRY_DIRECTORY ? node.children() : none())[Symbol.asyncIterator]()
}

async function* one(pair: Pair): AsyncGenerator<Pair> {
  yield pair
}

async function* none(): AsyncGenerator<DiffNode> {}

/** @throws what is no error of the file system: that is nobody's file's fault. */
function unreadable({ path, before, after }: Pair, error: unknown): Change {
  if (systemCodeOf(error) === undefined) throw error
  return { kind: 'unreadable', path, before, after, fields: [], message: systemMessageOf(error) }
}
