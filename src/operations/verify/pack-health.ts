// Which packs the index and the store agree on, and what of them can still be read.

import type { Id } from '../../../format/bytes.ts'
import type { PackKind } from '../../../format/pack.ts'
import { packKey, parseStoreKey } from '../../../format/store-key.ts'
import type { ChunkPlace, IndexedPack } from '../../repository/objects/chunk-index.ts'
import { isUnreadable } from '../../repository/objects/damage.ts'
import type { LoadedIndex } from '../../repository/objects/segments.ts'
import type { ObjectStore } from '../../repository/store/object-store.ts'
import type { OpenProblem, ProblemList } from './problems.ts'

/** A pack as the store lists it. */
export interface ListedPack {
  readonly key: string
  readonly id: Id
  readonly kind: PackKind
  readonly packBytes: number
}

/** What of a pack is lost: all of it, blocks by number, or what lies beyond its end. */
interface Loss {
  readonly problem: OpenProblem
  readonly isLost: (place: ChunkPlace) => boolean
}

/** All packs in the store, tree packs first, by key. */
export async function listPacks(store: ObjectStore): Promise<Map<string, ListedPack>> {
  const packs = new Map<string, ListedPack>()
  for (const prefix of ['packs/tree/', 'packs/data/'] as const) {
    for await (const { key, bytes } of store.list(prefix)) {
      const parsed = parseStoreKey(key)
      if (parsed.kind === 'pack') packs.set(key, { key, id: parsed.id, kind: parsed.packKind, packBytes: bytes })
    }
  }
  return packs
}

export class PackHealth {
  readonly packs: ReadonlyMap<string, ListedPack>
  readonly #problems: ProblemList
  readonly #losses = new Map<string, Loss>()
  readonly #distrusted = new Set<string>()

  constructor(packs: ReadonlyMap<string, ListedPack>, problems: ProblemList) {
    this.packs = packs
    this.#problems = problems
  }

  /** Holds the index against what the store lists; a listing may be stale, so what it lacks is asked for. */
  async compare(store: ObjectStore, { index }: LoadedIndex): Promise<void> {
    for (const pack of index.packs) {
      const key = packKey(pack.kind, pack.id)
      const packBytes = this.packs.get(key)?.packBytes ?? (await this.#sizeOf(store, key))
      if (packBytes === 'unreadable') continue
      if (packBytes === undefined) this.lose(key, 'pack-missing', 'the index names it, but it is not in the store')
      else if (packBytes !== pack.packBytes) this.#wrongSize(key, pack, packBytes)
    }
  }

  /** `unreadable` when something that is no object lies there, which is then noted. */
  async #sizeOf(store: ObjectStore, key: string): Promise<number | undefined | 'unreadable'> {
    try {
      return await store.size(key)
    } catch (error) {
      if (!isUnreadable(error)) throw error
      this.lose(key, 'pack', error.message)
      return 'unreadable'
    }
  }

  /** Notes that all of a pack is lost. */
  lose(key: string, kind: 'pack' | 'pack-missing', message: string): void {
    this.#losses.set(key, { problem: this.#problems.add(kind, key, message), isLost: () => true })
  }

  /** Notes which blocks of a pack are lost; none when only its name, its directory or its padding is wrong. */
  loseBlocks(key: string, message: string, badBlocks: readonly number[]): void {
    const bad = new Set(badBlocks)
    this.#losses.set(key, { problem: this.#problems.add('pack', key, message), isLost: ({ block }) => bad.has(block.number) })
  }

  #wrongSize(key: string, pack: IndexedPack, packBytes: number): void {
    const problem = this.#problems.add('pack', key, `it has ${packBytes} bytes where the index says ${pack.packBytes}`)
    this.#losses.set(key, { problem, isLost: ({ block }) => block.offset + block.sealedBytes > packBytes })
  }

  /** Notes that the index is wrong about what is in a pack. */
  distrustIndex(key: string): void {
    this.#distrusted.add(key)
  }

  /** Whether anything that the index says of packs is wrong. */
  get hasDistrusted(): boolean {
    return this.#distrusted.size > 0
  }

  /** Whether what the index says of a pack may be true. */
  isIndexTrusted(pack: IndexedPack): boolean {
    return this.#distrusted.size === 0 || !this.#distrusted.has(packKey(pack.kind, pack.id))
  }

  /** What is wrong with a pack, whether or not anything in it is lost. */
  problemOf(pack: IndexedPack): OpenProblem | undefined {
    return this.#losses.get(packKey(pack.kind, pack.id))?.problem
  }

  /** What keeps a chunk from being read at a place; undefined when nothing is known that does. */
  lossAt(place: ChunkPlace): OpenProblem | undefined {
    const loss = this.#losses.get(packKey(place.pack.kind, place.pack.id))
    return loss?.isLost(place) === true ? loss.problem : undefined
  }
}

/** What packs weigh together. */
export function sumBytes(packs: Iterable<ListedPack>): number {
  let bytes = 0
  for (const { packBytes } of packs) bytes += packBytes
  return bytes
}
