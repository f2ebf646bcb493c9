// The content of the files of a plan: a piece for each chunk at each of its places.

import { toHex } from '../../../format/bytes.ts'
import type { Stream, StreamItem } from '../../../format/stream.ts'
import type { Entry } from '../../../format/tree.ts'
import { CancelledError } from '../../errors.ts'
import type { ChunkIndex } from '../../repository/objects/chunk-index.ts'
import type { Repository } from '../../repository/repository.ts'
import type { PlanBounds } from './plan-bounds.ts'
import type { PlanColumns } from './plan-columns.ts'
import { StreamMeasurer } from './stream-measure.ts'

export interface FilesOptions {
  readonly signal?: AbortSignal
  /** What is planned may not go beyond these. */
  readonly bounds?: PlanBounds
  /** Leave out the pieces of lists that the same file has had already: all counts are right, and nothing can be restored. */
  readonly countsOnly?: boolean
}

export function cancelled(): CancelledError {
  return new CancelledError('cancelled', 'The plan was cancelled. Nothing was done.')
}

export class PlanFiles {
  readonly #repository: Repository
  readonly #index: ChunkIndex
  readonly #columns: PlanColumns
  readonly #options: FilesOptions
  readonly #measurer: StreamMeasurer
  readonly counts = { files: 0, bytes: 0, chunks: 0 }

  constructor(repository: Repository, index: ChunkIndex, columns: PlanColumns, options: FilesOptions) {
    this.#repository = repository
    this.#index = index
    this.#columns = columns
    this.#options = options
    this.#measurer = new StreamMeasurer(repository)
  }

  /** Counts a file and plans its pieces. */
  async add(entry: Entry): Promise<void> {
    const content = entry.content!
    this.count(entry)
    // Most files have their items inline, and there are too many of them to wait for each item.
    if (content.depth === 0) this.#addInline(content)
    else await this.#addListed(content)
  }

  #addInline({ items }: Stream): void {
    let at = 0
    for (const item of items) {
      if (item.id !== undefined) this.#options.bounds?.addData(item.length)
      at = this.#addItem(item, at)
    }
  }

  /** Lists may name one another: what they come to is known before they are followed. */
  async #addListed(content: Stream): Promise<void> {
    const { countsOnly = false } = this.#options
    const { chunks, dataBytes } = await this.#measurer.measure(content)
    this.#options.bounds?.addData(dataBytes)
    if (!countsOnly) this.#options.bounds?.assertPieces(chunks)
    const before = this.counts.chunks
    let at = 0
    for await (const item of this.#repository.streamItems(content, countsOnly ? firstTimes() : undefined)) {
      if (this.#options.signal?.aborted === true) throw cancelled()
      at = this.#addItem(item, at)
    }
    this.counts.chunks = before + chunks
  }

  /** Counts a file whose pieces are planned already, or none. */
  count({ content }: Entry): void {
    this.counts.files++
    this.counts.bytes += content!.size
  }

  #addItem({ id, length }: StreamItem, at: number): number {
    if (id !== undefined) {
      this.#options.bounds?.addPiece()
      this.#columns.addPiece(at, id, length, this.#index.find(id))
      this.counts.chunks++
    }
    return at + length
  }
}

/** Wants each list once. */
function firstTimes(): (id: Uint8Array) => boolean {
  const seen = new Set<string>()
  return (id) => {
    const known = seen.size
    return seen.add(toHex(id)).size > known
  }
}
