// The verb `stats`: how large things are raw, deduplicated and stored. For the repository the index and the journal tell it; for one
// snapshot its trees are walked.

import { PACK_DATA, PACK_TREE } from '../../../format/pack.ts'
import type { Stream, StreamItem } from '../../../format/stream.ts'
import { ENTRY_DIRECTORY, ENTRY_FILE, type Entry } from '../../../format/tree.ts'
import type { ChunkIndex } from '../../repository/objects/chunk-index.ts'
import type { Repository } from '../../repository/repository.ts'
import { damageAtPath, entriesOf, type FoundEntry, joinPath, walkBelow } from '../snapshot-tree.ts'
import { ChunkSet } from './chunk-set.ts'

const ROOT = Buffer.alloc(0)

export interface RepositoryStats {
  readonly snapshots: number
  /** Files of all snapshots together, as if nothing were shared. */
  readonly rawBytes: number
  /** Distinct content, before compression. */
  readonly uniqueBytes: number
  /** Packs as they lie in the store. */
  readonly dataPackBytes: number
  readonly treePackBytes: number
  readonly packs: number
  readonly chunks: number
}

export interface SizeStats {
  readonly files: number
  readonly rawBytes: number
  readonly deduplicatedBytes: number
  /** The share of the blocks that hold them. */
  readonly storedBytes: number
  readonly chunks: number
  /** Chunks that the index does not know: `verify` tells whether they are lost. */
  readonly missingChunks: number
}

export interface DirectoryStats extends SizeStats {
  /** From the snapshot's root; empty for the files that lie in what was asked for itself. */
  readonly path: Buffer
}

export interface SnapshotStats extends SizeStats {
  readonly treeRawBytes: number
  readonly treeStoredBytes: number
  /** What lies directly in the root, by directory. */
  readonly directories: readonly DirectoryStats[]
}

/** What the repository holds as a whole. @throws {KeyError} `no-read-key`: the index alone would do, but SPEC §11 leaves it to readers. */
export async function repositoryStats(repository: Repository): Promise<RepositoryStats> {
  void repository.readKeys
  const index = await repository.index()
  const { snapshots } = repository.journal.state
  const data = index.packs.filter(({ kind }) => kind === PACK_DATA)
  const trees = index.packs.filter(({ kind }) => kind === PACK_TREE)
  return {
    snapshots: snapshots.length,
    rawBytes: sum(snapshots, ({ details }) => details.bytes),
    uniqueBytes: sum(data, ({ blocks }) => sum(blocks, ({ rawBytes }) => rawBytes)),
    dataPackBytes: sum(data, ({ packBytes }) => packBytes),
    treePackBytes: sum(trees, ({ packBytes }) => packBytes),
    packs: index.packs.length,
    chunks: index.chunkCount,
  }
}

/** The sizes of a snapshot, or of what lies at a path of it, and of each directory in that: deduplicated within itself. */
export async function snapshotStats(repository: Repository, from: Entry | FoundEntry, signal?: AbortSignal): Promise<SnapshotStats> {
  const index = await repository.index()
  const root = 'entry' in from ? from : { path: ROOT, entry: from }
  const all = new Tally(index)
  const trees = new ChunkSet(index)
  const rootFiles = new Tally(index)
  const directories: DirectoryStats[] = []
  const isDirectory = root.entry.type === ENTRY_DIRECTORY
  await addEntry(repository, root, { files: isDirectory ? [] : [all, rootFiles], trees, signal })
  for await (const entry of isDirectory ? entriesOf(repository, root.entry, root.path) : []) {
    const tally = entry.type === ENTRY_DIRECTORY ? new Tally(index) : rootFiles
    for await (const found of withBelow(repository, { path: joinPath(root.path, entry.name), entry })) {
      await addEntry(repository, found, { files: [all, tally], trees, signal })
    }
    if (tally !== rootFiles) directories.push({ path: joinPath(root.path, entry.name), ...tally.stats() })
  }
  if (rootFiles.files > 0) directories.unshift({ path: ROOT, ...rootFiles.stats() })
  return { ...all.stats(), treeRawBytes: trees.rawBytes, treeStoredBytes: Math.round(trees.storedBytes), directories }
}

class Tally {
  files = 0
  rawBytes = 0
  readonly chunks: ChunkSet

  constructor(index: ChunkIndex) {
    this.chunks = new ChunkSet(index)
  }

  addFile({ content }: Entry): void {
    this.files++
    this.rawBytes += content!.size
  }

  stats(): SizeStats {
    const { files, rawBytes, chunks } = this
    return {
      files,
      rawBytes,
      deduplicatedBytes: chunks.rawBytes,
      storedBytes: Math.round(chunks.storedBytes),
      chunks: chunks.chunks,
      missingChunks: chunks.missing,
    }
  }
}

async function* withBelow(repository: Repository, from: FoundEntry): AsyncGenerator<FoundEntry> {
  yield from
  yield* walkBelow(repository, from)
}

interface Counted {
  readonly files: readonly Tally[]
  readonly trees: ChunkSet
  readonly signal: AbortSignal | undefined
}

/** A long file's or directory's own list may be damaged, too. */
async function addEntry(repository: Repository, { path, entry }: FoundEntry, { files, trees, signal }: Counted): Promise<void> {
  try {
    if (entry.type === ENTRY_FILE) for (const tally of files) tally.addFile(entry)
    const sets = entry.type === ENTRY_FILE ? files.map(({ chunks }) => chunks) : entry.type === ENTRY_DIRECTORY ? [trees] : []
    if (sets.length > 0) await addChunks(repository, entry.content!, sets, signal)
    signal?.throwIfAborted()
  } catch (error) {
    throw damageAtPath(error, path)
  }
}

/** A list that stands in the stream again, or stood in another one, adds nothing to the sets that have it. */
async function addChunks(
  repository: Repository,
  stream: Stream,
  sets: readonly ChunkSet[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const isNew = (list: Uint8Array): boolean => sets.filter((set) => set.addList(list)).length > 0
  // Short streams need no waiting, and nearly all are short.
  if (stream.depth === 0) return addItems(stream.items, sets)
  for await (const item of repository.streamItems(stream, isNew)) {
    addItems([item], sets)
    signal?.throwIfAborted()
  }
}

function addItems(items: readonly StreamItem[], sets: readonly ChunkSet[]): void {
  for (const { id } of items) if (id !== undefined) for (const set of sets) set.add(id)
}

function sum<T>(items: readonly T[], bytesOf: (item: T) => number): number {
  return items.reduce((total, item) => total + bytesOf(item), 0)
}
