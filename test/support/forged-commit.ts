// A member who commits what no honest writer would: trees and lists that name one another again and again.

import { encodeCbor } from '../../format/cbor.ts'
import type { Stream, StreamItem } from '../../format/stream.ts'
import { ENTRY_DIRECTORY, ENTRY_FILE, type Entry, encodeEntry } from '../../format/tree.ts'
import { manifestOf } from '../../src/operations/commit/commit-manifest.ts'
import { PackUploads } from '../../src/operations/commit/pack-uploads.ts'
import { publish } from '../../src/operations/commit/publish.ts'
import { CommitCounts } from '../../src/operations/commit/statistics.ts'
import { TreePacks } from '../../src/operations/commit/tree-packs.ts'
import type { SnapshotRecord } from '../../src/repository/journal/state.ts'
import { writeSegment } from '../../src/repository/objects/segments.ts'
import { ClaimSet, claimMemory } from '../../src/repository/pack/claims.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'
import { FACTS } from './repository.ts'

const COMMON = { mode: 0o755, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 } }
const TREE = 2
const LIST = 3

/** Where chunks are put; tells the stream of a directory's entries. */
export class Forge {
  readonly #packs: TreePacks

  constructor(packs: TreePacks) {
    this.#packs = packs
  }

  data(bytes: Uint8Array): StreamItem {
    return { length: bytes.length, id: this.#packs.putData(bytes) }
  }

  /** A list, whatever it holds: its encoder is not asked. */
  list(items: readonly StreamItem[]): StreamItem {
    const bytes = encodeCbor(items.map(({ length, id }) => (id === undefined ? [length] : [length, Buffer.from(id)])))
    return { length: items.reduce((sum, { length }) => sum + length, 0), id: this.#packs.put(LIST, bytes) }
  }

  directory(entries: readonly Entry[]): Stream {
    if (entries.length === 0) return { size: 0, depth: 0, items: [] }
    const bytes = Buffer.concat(entries.map((entry) => encodeEntry(entry)))
    return { size: bytes.length, depth: 0, items: [{ length: bytes.length, id: this.#packs.put(TREE, bytes) }] }
  }

  /** `levels` directories over `content`, each of which holds the next one `width` times. */
  repeated(content: Stream, width: number, levels: number): Stream {
    let below = content
    for (let level = 0; level < levels; level++) {
      const names = Array.from({ length: width }, (_, i) => String(i).padStart(4, '0'))
      below = this.directory(names.map((name) => directoryEntry(name, below)))
    }
    return below
  }

  /** A file of one chunk, which lists of lists repeat `width` times on each of `levels` levels. */
  repeatedFile(name: string, chunk: Uint8Array, width: number, levels: number): Entry {
    let item = this.data(chunk)
    for (let level = 0; level < levels; level++) item = this.list(Array.from({ length: width }, () => item))
    return fileEntry(name, { size: item.length, depth: levels, items: [item] })
  }
}

export function fileEntry(name: string, content: Stream): Entry {
  return { ...COMMON, name: Buffer.from(name), type: ENTRY_FILE, content }
}

export function directoryEntry(name: string, content: Stream): Entry {
  return { ...COMMON, name: Buffer.from(name), type: ENTRY_DIRECTORY, content }
}

/** Commits the directory that `make` forges. */
export async function commitForged(repository: Repository, make: (forge: Forge) => Stream, series = 'forged'): Promise<SnapshotRecord> {
  const context = { repository: repository.id, indexKey: repository.writeKeys.index, signing: repository.signing }
  const uploads = new PackUploads(repository.store, async (packs) => (await writeSegment(repository.store, packs, context)).storedBytes)
  const packs = new TreePacks(repository, new ClaimSet(claimMemory()), uploads, 1)
  const root = directoryEntry('', make(new Forge(packs)))
  packs.finish()
  await uploads.finish()
  await repository.journal.refresh()
  const captured = { root, counts: new CommitCounts(), problems: [], newBytes: 0, storedBytes: uploads.storedBytes, reliesOn: [] }
  const what = { root: captureRoot(['/']), facts: { ...FACTS, series } }
  await publish(repository, manifestOf(repository, what, captured, { startedAt: 0, durationMs: 1 }))
  await repository.journal.refresh()
  return repository.journal.state.snapshots.at(-1)!
}
