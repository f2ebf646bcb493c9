// Which snapshots and paths a verification's problems harm. Walks the trees again, path by path, and skips what turned out to be in
// order; only run when something is wrong.

import { compareBytes, toHex } from '../../../format/bytes.ts'
import { CHUNK_LIST, CHUNK_TREE, type ChunkKind } from '../../../format/pack.ts'
import { decodeList, encodeStream, type Stream, type StreamItem } from '../../../format/stream.ts'
import { decodeEntries, ENTRY_DIRECTORY, type Entry } from '../../../format/tree.ts'
import { CancelledError } from '../../errors.ts'
import type { Repository } from '../../repository/repository.ts'
import { joinPath } from '../snapshot-tree.ts'
import type { ChunkPlaces } from './chunk-places.ts'
import { LISTED_CHUNKS, type OpenProblem, type ProblemList } from './problems.ts'
import { isDamage, streamsOf } from './tree-check.ts'

interface OpenDirectory {
  readonly name: string
  readonly path: Buffer
  readonly entries: AsyncIterator<Entry>
  harmed: boolean
}

type Walked = StreamItem | { readonly lost: readonly OpenProblem[] }

export class HarmWalk {
  readonly #repository: Repository
  readonly #places: ChunkPlaces
  readonly #problems: ProblemList
  readonly #signal: AbortSignal | undefined
  /** Directories in which nothing is harmed. */
  readonly #sound = new Set<string>()

  constructor(repository: Repository, places: ChunkPlaces, problems: ProblemList, signal: AbortSignal | undefined) {
    this.#repository = repository
    this.#places = places
    this.#problems = problems
    this.#signal = signal
  }

  /** Notes what is harmed in one snapshot. @throws {StoreError}; {CancelledError} */
  async walk(snapshot: string, root: Entry): Promise<void> {
    const stack: OpenDirectory[] = []
    await this.#visit(snapshot, root, Buffer.alloc(0), stack)
    for (let directory = stack.at(-1); directory !== undefined; directory = stack.at(-1)) {
      if (this.#signal?.aborted === true) throw new CancelledError('cancelled', 'The verification was cancelled.')
      const { done, value: entry } = await directory.entries.next()
      if (done !== true) {
        await this.#visit(snapshot, entry, joinPath(directory.path, entry.name), stack)
        continue
      }
      stack.pop()
      const above = stack.at(-1)
      if (!directory.harmed) this.#sound.add(directory.name)
      else if (above !== undefined) above.harmed = true
    }
  }

  async #visit(snapshot: string, entry: Entry, path: Buffer, stack: OpenDirectory[]): Promise<void> {
    const above = stack.at(-1)
    for (const { stream, kind } of streamsOf(entry)) {
      if (kind !== CHUNK_TREE) this.#harm(snapshot, path, await this.#lostItems(stream, kind), above)
    }
    if (entry.type !== ENTRY_DIRECTORY) return
    const name = encodeStream(entry.content!).toString('latin1')
    if (this.#sound.has(name)) return
    const directory: OpenDirectory = {
      name,
      path,
      harmed: false,
      entries: this.#entries(entry.content!, (lost) => this.#harm(snapshot, path, lost, directory)),
    }
    stack.push(directory)
  }

  #harm(snapshot: string, path: Buffer, lost: Iterable<OpenProblem>, directory: OpenDirectory | undefined): void {
    for (const problem of lost) {
      this.#problems.harm(problem, snapshot, path)
      if (directory !== undefined) directory.harmed = true
    }
  }

  /** The entries that can be read; what cannot is told. */
  async *#entries(stream: Stream, onLost: (lost: readonly OpenProblem[]) => void): AsyncGenerator<Entry> {
    let last: Uint8Array | undefined
    for await (const item of this.#items(stream, false)) {
      if ('lost' in item) {
        onLost(item.lost)
        continue
      }
      const read = await this.#read(CHUNK_TREE, item.id!, item.length, decodeEntries)
      if ('lost' in read) onLost(read.lost)
      else {
        if (last !== undefined && compareBytes(last, read.value[0]!.name) >= 0)
          onLost([this.#bad(item.id!, 'The entries of a directory are not in order.')])
        last = read.value.at(-1)!.name
        yield* read.value
      }
    }
  }

  async #lostItems(stream: Stream, kind: ChunkKind): Promise<Set<OpenProblem>> {
    const lost = new Set<OpenProblem>()
    for await (const item of this.#items(stream, true)) {
      const problems = 'lost' in item ? item.lost : item.id === undefined ? [] : await this.#problemsOf(kind, item.id, item.length)
      for (const problem of problems) lost.add(problem)
    }
    return lost
  }

  async *#items({ depth, items }: Stream, holes: boolean): AsyncGenerator<Walked> {
    for (const item of items) {
      if (depth === 0) {
        yield item
        continue
      }
      const read = await this.#read(CHUNK_LIST, item.id!, undefined, (bytes) => decodeList(bytes, depth - 1, { holes }))
      if ('lost' in read) yield read
      else yield* this.#items({ size: item.length, depth: depth - 1, items: read.value }, holes)
    }
  }

  async #read<T>(
    kind: ChunkKind,
    id: Uint8Array,
    length: number | undefined,
    decode: (bytes: Buffer) => T,
  ): Promise<{ value: T } | { lost: OpenProblem[] }> {
    try {
      const value = decode(await this.#repository.readChunk(kind, id, length))
      // It may have been found only by asking every pack; that is noted.
      if (this.#places.indexed(kind, id, length) === undefined) await this.#places.inDirectories(kind, id, length)
      return { value }
    } catch (error) {
      if (!isDamage(error)) throw error
      const lost = await this.#problemsOf(kind, id, length)
      return { lost: lost.length > 0 ? lost : [this.#bad(id, error.message)] }
    }
  }

  /** What keeps a chunk from being read, as far as that is known. */
  async #problemsOf(kind: ChunkKind, id: Uint8Array, length: number | undefined): Promise<OpenProblem[]> {
    if (this.#places.indexed(kind, id, length) !== undefined) return []
    if ((await this.#places.inDirectories(kind, id, length)) !== undefined) return []
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

  #bad(id: Uint8Array, message: string): OpenProblem {
    return this.#problems.add('tree', toHex(id), message)
  }
}
