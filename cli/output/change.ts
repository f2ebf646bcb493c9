// Changes between two trees as lines for people and objects for programs.

import { ENTRY_DIRECTORY, ENTRY_FILE } from '../../format/tree.ts'
import type { Change, DiffNode } from '../../src/operations/diff/change.ts'
import { typeName } from './entry.ts'
import { colour, humanBytes, humanCount } from './human.ts'
import { pathJson, pathText, printableLine } from './path-text.ts'

const SIGNS = {
  added: ['+', 'green'],
  removed: ['-', 'red'],
  content: ['M', 'yellow'],
  metadata: ['m', 'yellow'],
  type: ['T', 'yellow'],
  unreadable: ['!', 'red'],
} as const

/** A change for programs; the root's path is empty. */
export function changeJson({ kind, path, before, after, fields, message }: Change): object {
  return {
    change: kind,
    ...pathJson(path),
    ...(before !== undefined && { before: side(before) }),
    ...(after !== undefined && { after: side(after) }),
    fields,
    ...(message !== undefined && { message }),
  }
}

/** A change for people. */
export function changeLine({ kind, path, before, after, fields, message }: Change): string {
  const [sign, name] = SIGNS[kind]
  const node = after ?? before
  const shown = path.length === 0 ? '/' : pathText(path) + (node?.entry.type === ENTRY_DIRECTORY ? '/' : '')
  const remark = kind === 'type' ? `${typeOf(before)} → ${typeOf(after)}` : kind === 'metadata' ? fields.join(', ') : (message ?? '')
  return `${colour(name, sign)} ${shown}${remark === '' ? '' : `  (${printableLine(remark)})`}`
}

/** How many changes of each kind there were. */
export class Summary {
  readonly counts = { added: 0, removed: 0, content: 0, metadata: 0, type: 0, unreadable: 0, addedBytes: 0, removedBytes: 0 }

  add({ kind, before, after }: Change): void {
    this.counts[kind]++
    if (kind === 'added' || kind === 'content') this.counts.addedBytes += after?.sizeBytes ?? 0
    if (kind === 'removed' || kind === 'content') this.counts.removedBytes += before?.sizeBytes ?? 0
  }

  get isEmpty(): boolean {
    const { added, removed, content, metadata, type, unreadable } = this.counts
    return added + removed + content + metadata + type + unreadable === 0
  }

  text(): string {
    if (this.isEmpty) return 'No difference.'
    const { added, removed, content, metadata, type, unreadable, addedBytes, removedBytes } = this.counts
    const kinds = { added, removed, changed: content, 'with other metadata': metadata, 'of another type': type, unreadable }
    const parts = Object.entries(kinds).filter(([, count]) => count > 0)
    return `${parts.map(([name, count]) => `${humanCount(count)} ${name}`).join(', ')}; ${humanBytes(addedBytes)} new, ${humanBytes(removedBytes)} gone`
  }
}

function side({ entry, sizeBytes }: DiffNode): object {
  return {
    type: typeName(entry.type),
    ...(entry.type === ENTRY_FILE && { size: sizeBytes }),
    mode: entry.mode.toString(8).padStart(4, '0'),
  }
}

function typeOf(node: DiffNode | undefined): string {
  return node === undefined ? 'nothing' : typeName(node.entry.type)
}
