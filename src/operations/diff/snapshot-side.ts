// The side of a comparison that is a snapshot.

import { equalBytes } from '../../../format/bytes.ts'
import type { Manifest } from '../../../format/manifest.ts'
import { ENTRY_FILE, type Entry } from '../../../format/tree.ts'
import type { SnapshotRecord } from '../../repository/journal/state.ts'
import type { Repository } from '../../repository/repository.ts'
import { entriesOf, inSnapshot, joinPath, ofSnapshot, sameContent } from '../snapshot-tree.ts'
import { type DiffNode, sameTime } from './change.ts'
import type { Missed } from './diff.ts'

/** Where a node stands, for what is told of damage. */
export interface SnapshotPlace {
  readonly repository: Repository
  readonly snapshot: SnapshotRecord
  readonly path: Buffer
}

/** An entry of a snapshot. */
export function snapshotNode(place: SnapshotPlace, entry: Entry): DiffNode {
  const { repository, snapshot, path } = place
  return {
    entry,
    sizeBytes: entry.type === ENTRY_FILE ? entry.content!.size : 0,
    async *children() {
      for await (const child of ofSnapshot(snapshot, entriesOf(repository, entry, path)))
        yield snapshotNode({ repository, snapshot, path: joinPath(path, child.name) }, child)
    },
    read: () => ofSnapshot(snapshot, repository.readFile(entry.content!), path),
    xattrs: () => inSnapshot(snapshot, xattrsOf(repository, entry), path),
  }
}

/** What a snapshot lacks because it could not be read; paths count from `base`, a directory of the snapshot. */
export function missedBy({ problems }: Manifest, base: Uint8Array): Missed {
  const unread = problems.filter(({ kind }) => kind === 'unreadable')
  const messages = new Map(unread.map(({ path, message }) => [Buffer.from(path).toString('latin1'), message]))
  return (path) => messages.get(joinPath(base, path).toString('latin1'))
}

/** Two snapshots: equal streams are equal content. */
export const bothSnapshots = {
  sameTree: (before: DiffNode, after: DiffNode): boolean => sameContent(before.entry, after.entry),
  sameFile: async (before: DiffNode, after: DiffNode): Promise<boolean> => sameContent(before.entry, after.entry),
}

/** A snapshot and live files: equal size and time count as equal content; where only the size is equal, both are read. */
export const oneLive = {
  sameTree: (): boolean => false,
  async sameFile(before: DiffNode, after: DiffNode): Promise<boolean> {
    if (before.sizeBytes !== after.sizeBytes) return false
    return sameTime(before.entry, after.entry) || sameBytes(before.read(), after.read())
  },
}

async function sameBytes(a: AsyncIterable<Uint8Array>, b: AsyncIterable<Uint8Array>): Promise<boolean> {
  const right = b[Symbol.asyncIterator]()
  let rest: Uint8Array = Buffer.alloc(0)
  for await (let piece of a) {
    while (piece.length > 0) {
      if (rest.length === 0) {
        const next = await right.next()
        if (next.done === true) return false
        rest = next.value
      }
      const length = Math.min(piece.length, rest.length)
      if (!equalBytes(piece.subarray(0, length), rest.subarray(0, length))) return false
      piece = piece.subarray(length)
      rest = rest.subarray(length)
    }
  }
  return rest.length === 0 && (await right.next()).done === true
}

async function xattrsOf(repository: Repository, { xattrs = [] }: Entry): Promise<Map<string, Uint8Array>> {
  const values = new Map<string, Uint8Array>()
  for (const { name, value } of xattrs) {
    const bytes = value instanceof Uint8Array ? value : Buffer.concat(await Array.fromAsync(repository.readFile(value)))
    values.set(Buffer.from(name).toString('latin1'), bytes)
  }
  return values
}
