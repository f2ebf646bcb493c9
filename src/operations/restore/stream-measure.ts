// What a content holds, told from its lists without walking through them: each distinct list is read once, however often it is named.

import { toHex } from '../../../format/bytes.ts'
import type { Stream, StreamItem } from '../../../format/stream.ts'
import type { Repository } from '../../repository/repository.ts'

export interface StreamMeasure {
  /** Items with a chunk, repetitions included. */
  readonly chunks: number
  /** The bytes of these: what is no hole. */
  readonly dataBytes: number
}

export class StreamMeasurer {
  readonly #repository: Repository
  /** Of lists, by id and depth. */
  readonly #known = new Map<string, StreamMeasure & { readonly length: number }>()

  constructor(repository: Repository) {
    this.#repository = repository
  }

  /** @throws {FormatError}, {IntegrityError} when a list is damaged */
  async measure({ depth, items }: Stream): Promise<StreamMeasure> {
    let [chunks, dataBytes] = [0, 0]
    for (const item of items) {
      const below = depth === 0 ? measureOf(item) : await this.#list(item, depth - 1)
      chunks += below.chunks
      dataBytes += below.dataBytes
    }
    return { chunks, dataBytes }
  }

  async #list(item: StreamItem, depth: number): Promise<StreamMeasure> {
    const name = `${depth} ${toHex(item.id!)}`
    const known = this.#known.get(name)
    if (known?.length === item.length) return known
    const items = await this.#repository.listItems(item, depth)
    const measured = { length: item.length, ...(await this.measure({ size: item.length, depth, items })) }
    this.#known.set(name, measured)
    return measured
  }
}

function measureOf({ id, length }: StreamItem): StreamMeasure {
  return id === undefined ? { chunks: 0, dataBytes: 0 } : { chunks: 1, dataBytes: length }
}
