// What a comparison compares and what it tells: nodes of two trees, wherever they live, and the changes between them.

import { equalBytes } from '../../../format/bytes.ts'
import { ENTRY_DIRECTORY, type Entry } from '../../../format/tree.ts'

/** A file or directory of one side. */
export interface DiffNode {
  /** Everything but the content, which stands there for snapshots only. */
  readonly entry: Entry
  readonly sizeBytes: number
  /** What is in a directory, in order of names. */
  children(): AsyncIterable<DiffNode>
  /** The content of a file. */
  read(): AsyncIterable<Uint8Array>
  /** Extended attributes: values by name, as latin1 text. */
  xattrs(): Promise<ReadonlyMap<string, Uint8Array>>
}

export type ChangedField = 'mode' | 'owner' | 'mtime' | 'target' | 'device' | 'xattrs' | 'links'

export interface Change {
  readonly kind: 'added' | 'removed' | 'type' | 'content' | 'metadata' | 'unreadable'
  readonly path: Buffer
  readonly before: DiffNode | undefined
  readonly after: DiffNode | undefined
  /** What differs besides the content. */
  readonly fields: readonly ChangedField[]
  /** Of `unreadable`: why. */
  readonly message?: string
}

/** Which metadata of its own differ. Times of directories are left out: whatever is added or removed in them changes those. */
export async function changedFields(before: DiffNode, after: DiffNode): Promise<ChangedField[]> {
  const [a, b] = [before.entry, after.entry]
  const fields: ChangedField[] = []
  if (a.mode !== b.mode) fields.push('mode')
  if (a.uid !== b.uid || a.gid !== b.gid) fields.push('owner')
  if (a.type !== ENTRY_DIRECTORY && !sameTime(a, b)) fields.push('mtime')
  if (!sameBytes(a.target, b.target)) fields.push('target')
  if (a.device?.major !== b.device?.major || a.device?.minor !== b.device?.minor) fields.push('device')
  if (!sameMaps(await before.xattrs(), await after.xattrs())) fields.push('xattrs')
  return fields
}

/** Whether two entries were modified at the same time. */
export function sameTime(a: Entry, b: Entry): boolean {
  return a.mtime.seconds === b.mtime.seconds && a.mtime.nanoseconds === b.mtime.nanoseconds
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b)
}

function sameMaps(a: ReadonlyMap<string, Uint8Array>, b: ReadonlyMap<string, Uint8Array>): boolean {
  return a.size === b.size && [...a].every(([name, value]) => sameBytes(value, b.get(name)))
}
