// What of the content of files and directories cannot be read, and why: each list is looked into once, however often it is named.

import { toHex } from '../../../format/bytes.ts'
import { CHUNK_LIST, type ChunkKind } from '../../../format/pack.ts'
import { coveredBytes, decodeList, type Stream, type StreamItem } from '../../../format/stream.ts'
import { FormatError } from '../../errors.ts'
import type { Repository } from '../../repository/repository.ts'
import type { ChunkPlaces } from './chunk-places.ts'
import { type LostSet, LostSets } from './lost-sets.ts'
import { LISTED_CHUNKS, type OpenProblem, type ProblemList } from './problems.ts'
import { isDamage } from './tree-check.ts'

/** A chunk of a directory, a list in it, or what is lost. */
export type TreeItem = (StreamItem & { readonly isList: boolean }) | { readonly lost: readonly OpenProblem[] }

export class LostChunks {
  readonly sets = new LostSets()
  /** Whether a tree or a list could not be read, so that nobody knows what else is named. */
  isBlind = false
  readonly #repository: Repository
  readonly #places: ChunkPlaces
  readonly #problems: ProblemList
  readonly #lists = new Map<string, LostSet>()

  constructor(repository: Repository, places: ChunkPlaces, problems: ProblemList) {
    this.#repository = repository
    this.#places = places
    this.#problems = problems
  }

  /** What is lost of a stream of data. */
  async in({ depth, items }: Stream, kind: ChunkKind): Promise<LostSet> {
    const lost = new Set<OpenProblem>()
    for (const { id, length } of items) {
      if (id === undefined) continue
      const below = depth === 0 ? await this.#problemsOf(kind, id, length) : await this.#inList({ id, length }, depth - 1, kind)
      for (const problem of below) lost.add(problem)
    }
    return this.sets.of(lost)
  }

  /** Everything that stands in a directory's stream, each list before what is in it. */
  async *treeItems({ depth, items }: Stream): AsyncGenerator<TreeItem> {
    for (const item of items) {
      yield { ...item, isList: depth > 0 }
      if (depth === 0) continue
      const read = await this.#readList(item, depth - 1, false)
      if ('lost' in read) yield read
      else yield* this.treeItems({ size: item.length, depth: depth - 1, items: read.value })
    }
  }

  /** Reads and decodes a chunk, or tells why that cannot be done. */
  async read<T>(
    kind: ChunkKind,
    id: Uint8Array,
    length: number | undefined,
    decode: (bytes: Buffer) => T,
  ): Promise<{ readonly value: T } | { readonly lost: readonly OpenProblem[] }> {
    try {
      const value = decode(await this.#repository.readChunk(kind, id, length))
      // It may have been found only by asking every pack; that is noted.
      if (this.#places.needIndexed(kind, id, length) === undefined) await this.#places.needInDirectories(kind, id, length)
      return { value }
    } catch (error) {
      if (!isDamage(error)) throw error
      this.isBlind = true
      const lost = await this.#problemsOf(kind, id, length)
      return { lost: lost.length > 0 ? lost : [this.bad(id, error.message)] }
    }
  }

  /** A chunk that can be read, and is not what it should be. */
  bad(id: Uint8Array, message: string): OpenProblem {
    this.isBlind = true
    return this.#problems.add('tree', toHex(id), message)
  }

  async #inList(item: Required<StreamItem>, depth: number, kind: ChunkKind): Promise<LostSet> {
    const name = `${kind} ${depth} ${item.length} ${toHex(item.id)}`
    const known = this.#lists.get(name)
    if (known !== undefined) return known
    const read = await this.#readList(item, depth, true)
    const lost = 'lost' in read ? this.sets.of(new Set(read.lost)) : await this.in({ size: item.length, depth, items: read.value }, kind)
    this.#lists.set(name, lost)
    return lost
  }

  #readList({ id, length }: StreamItem, depth: number, holes: boolean) {
    return this.read(CHUNK_LIST, id!, undefined, (bytes) => {
      const items = decodeList(bytes, depth, { holes })
      const covered = coveredBytes(items)
      if (covered === length) return items
      throw new FormatError('list-length', `A list covers ${covered} bytes where ${length} were named.`)
    })
  }

  /** What keeps a chunk from being read, as far as that is known. */
  async #problemsOf(kind: ChunkKind, id: Uint8Array, length: number | undefined): Promise<readonly OpenProblem[]> {
    if (this.#places.needIndexed(kind, id, length) !== undefined) return []
    if ((await this.#places.needInDirectories(kind, id, length)) !== undefined) return []
    const losses = this.#places.lossesOf(kind, id, length)
    return losses.length > 0 ? losses : [this.#nowhere(id)]
  }

  #nowhere(id: Uint8Array): OpenProblem {
    const object = toHex(id)
    const known = this.#problems.find('chunk', object)
    if (known !== undefined) return known
    if (this.#problems.countOf('chunk') < LISTED_CHUNKS) return this.#problems.add('chunk', object, 'it is nowhere in the repository')
    return this.#problems.add('chunk', 'further chunks', `further chunks are nowhere in the repository; ${LISTED_CHUNKS} are listed`)
  }
}
