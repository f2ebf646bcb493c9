// Walks every distinct tree of the snapshots once, and asks for every chunk that they name whether it has a place. Whose paths are
// harmed by what is wrong is asked afterwards, and only then (harm.ts). SPEC §9.4.3

import { compareBytes } from '../../../format/bytes.ts'
import { CHUNK_DATA, CHUNK_LIST, CHUNK_TREE, type ChunkKind } from '../../../format/pack.ts'
import { coveredBytes, decodeList, encodeStream, type Stream, type StreamItem } from '../../../format/stream.ts'
import { decodeEntries, ENTRY_DIRECTORY, type Entry } from '../../../format/tree.ts'
import { CancelledError, FormatError } from '../../errors.ts'
import { sha256 } from '../../repository/crypto/hash.ts'
import type { IndexedPack } from '../../repository/objects/chunk-index.ts'
import { isDamage as isStoredDamage, isUnreadable } from '../../repository/objects/damage.ts'
import { ClaimSet, claimMemory } from '../../repository/pack/claims.ts'
import type { Repository } from '../../repository/repository.ts'
import type { ChunkPlaces } from './chunk-places.ts'

/** Whether an error says that stored bytes are lost or wrong, or cannot be read in one place; a store that is down is none. */
export function isDamage(error: unknown): error is Error {
  return isUnreadable(error) || isStoredDamage(error)
}

/** The streams that an entry names, with the kind of their chunks: content, and long extended attributes. */
export function streamsOf(entry: Entry): { readonly stream: Stream; readonly kind: ChunkKind }[] {
  const streams: { stream: Stream; kind: ChunkKind }[] = []
  if (entry.content !== undefined) streams.push({ stream: entry.content, kind: entry.type === ENTRY_DIRECTORY ? CHUNK_TREE : CHUNK_DATA })
  for (const { value } of entry.xattrs ?? []) if (!(value instanceof Uint8Array)) streams.push({ stream: value, kind: CHUNK_DATA })
  return streams
}

export interface TreeCounts {
  /** Distinct directories, and the entries in them. */
  trees: number
  entries: number
  /** Chunks that were asked for. */
  chunks: number
}

/** First and last name in a tree chunk. */
interface Bounds {
  readonly first: Uint8Array
  readonly last: Uint8Array
}

export class TreeCheck {
  readonly counts: TreeCounts = { trees: 0, entries: 0, chunks: 0 }
  /** The packs that the trees need. */
  readonly used = new Set<IndexedPack>()
  /** Those in which a tree or a list should lie that could not be read. */
  readonly suspects = new Set<IndexedPack>()
  readonly #repository: Repository
  readonly #places: ChunkPlaces
  readonly #signal: AbortSignal | undefined
  /** Trees, lists and directories of several chunks that were walked, by 16 bytes each. */
  readonly #walked = new ClaimSet(claimMemory())
  /** Of chunks in directories of several chunks. */
  readonly #bounds = new Map<string, Bounds>()
  #isSound = true

  constructor(repository: Repository, places: ChunkPlaces, signal: AbortSignal | undefined) {
    this.#repository = repository
    this.#places = places
    this.#signal = signal
  }

  /** Whether every tree could be read and every chunk has a place that the index knows. */
  get isSound(): boolean {
    return this.#isSound
  }

  /** Walks what lies at and below an entry. Damage is noted, not thrown. @throws {StoreError}; {CancelledError} */
  async check(root: Entry): Promise<void> {
    const waiting: Entry[] = [root]
    for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
      if (this.#signal?.aborted === true) throw new CancelledError('cancelled', 'The verification was cancelled.')
      for (const { stream, kind } of streamsOf(entry)) {
        if (kind === CHUNK_TREE) await this.#noting(() => this.#directory(stream, waiting))
        else await this.#noting(() => this.#content(stream))
      }
    }
  }

  async #directory(stream: Stream, waiting: Entry[]): Promise<void> {
    const [only, second] = stream.items
    const isSingle = stream.depth === 0 && second === undefined
    if (only === undefined || !this.#walked.claim(isSingle ? only.id! : sha256(encodeStream(stream)))) return
    this.counts.trees++
    if (isSingle) this.#take(await this.#readTree(only), waiting)
    else await this.#parts(stream, waiting)
  }

  /** A directory of several chunks: each is walked once, and their order is checked. */
  async #parts(stream: Stream, waiting: Entry[]): Promise<void> {
    let last: Uint8Array | undefined
    for await (const item of this.#items(stream, 'all')) {
      const { first, last: end } = this.#bounds.get(latin1(item.id!)) ?? (await this.#part(item, waiting))
      if (last !== undefined && compareBytes(last, first) >= 0)
        throw new FormatError('tree-order', 'The entries of a directory are not in order.')
      last = end
    }
  }

  async #part(item: StreamItem, waiting: Entry[]): Promise<Bounds> {
    const entries = await this.#readTree(item)
    const bounds = { first: Buffer.from(entries[0]!.name), last: Buffer.from(entries.at(-1)!.name) }
    this.#bounds.set(latin1(item.id!), bounds)
    if (this.#walked.claim(item.id!)) this.#take(entries, waiting)
    return bounds
  }

  async #readTree({ id, length }: StreamItem): Promise<Entry[]> {
    this.#find(CHUNK_TREE, id!, length)
    return decodeEntries(await this.#read(CHUNK_TREE, id!, length))
  }

  #take(entries: readonly Entry[], waiting: Entry[]): void {
    this.counts.entries += entries.length
    for (const entry of entries) {
      if (entry.type === ENTRY_DIRECTORY || hasLists(entry)) waiting.push(entry)
      else this.#inlineContent(entry)
    }
  }

  /** Files whose items stand in the entry itself, which most do, need no turn of their own. */
  #inlineContent(entry: Entry): void {
    for (const { stream } of streamsOf(entry)) for (const item of stream.items) this.#dataItem(item)
  }

  async #content(stream: Stream): Promise<void> {
    for await (const item of this.#items(stream, 'new')) this.#dataItem(item)
  }

  #dataItem({ id, length }: StreamItem): void {
    if (id !== undefined) this.#find(CHUNK_DATA, id, length)
  }

  /** The items of depth 0: all of them, or without those below lists that were walked before. */
  async *#items({ depth, items: own }: Stream, which: 'all' | 'new'): AsyncGenerator<StreamItem> {
    for (const item of own) {
      if (depth === 0) {
        yield item
        continue
      }
      const isNew = this.#walked.claim(item.id!)
      if (isNew) this.#find(CHUNK_LIST, item.id!, undefined)
      if (!isNew && which === 'new') continue
      const items = await this.#list(item, depth, which === 'new')
      yield* this.#items({ size: item.length, depth: depth - 1, items }, which)
    }
  }

  async #list({ id, length }: StreamItem, depth: number, holes: boolean): Promise<StreamItem[]> {
    const items = decodeList(await this.#read(CHUNK_LIST, id!, undefined), depth - 1, { holes })
    const covered = coveredBytes(items)
    if (covered === length) return items
    throw new FormatError('list-length', `A list covers ${covered} bytes where ${length} were named.`)
  }

  async #read(kind: ChunkKind, id: Uint8Array, length: number | undefined): Promise<Buffer> {
    try {
      return await this.#repository.readChunk(kind, id, length)
    } catch (error) {
      if (isDamage(error)) for (const pack of this.#places.packsOf(kind, id, length)) this.suspects.add(pack)
      throw error
    }
  }

  #find(kind: ChunkKind, id: Uint8Array, length: number | undefined): void {
    this.counts.chunks++
    const pack = this.#places.indexed(kind, id, length)
    if (pack === undefined) this.#isSound = false
    else this.used.add(pack)
  }

  async #noting(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!isDamage(error)) throw error
      this.#isSound = false
    }
  }
}

function hasLists(entry: Entry): boolean {
  return streamsOf(entry).some(({ stream }) => stream.depth > 0)
}

function latin1(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1')
}
