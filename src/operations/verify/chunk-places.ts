import type { ChunkKind } from '../../../format/pack.ts'
import { packKey } from '../../../format/store-key.ts'
import type { ChunkIndex, ChunkPlace, IndexedPack } from '../../repository/objects/chunk-index.ts'
import { packKindOf } from '../../repository/objects/chunk-reader.ts'
import type { Repository } from '../../repository/repository.ts'
import type { PackHealth } from './pack-health.ts'
import type { OpenProblem } from './problems.ts'

/** Whether chunks can be read, as index, packs' directories and the health of packs say; nothing is read for it. */
export class ChunkPlaces {
  readonly #repository: Repository
  readonly #index: ChunkIndex
  readonly #health: PackHealth
  #rebuilt: ChunkIndex | undefined
  #indexedPacks: ReadonlySet<string> | undefined
  /** Packs in which chunks were found that no segment names. */
  readonly unindexed = new Set<string>()
  /** Problems of packs that hold chunks which snapshots need, which can be read there, and in no pack that is in order. */
  readonly needed = new Set<OpenProblem>()

  constructor(repository: Repository, index: ChunkIndex, health: PackHealth) {
    this.#repository = repository
    this.#index = index
    this.#health = health
  }

  /** A pack from which the chunk can be read; undefined when the index knows none. `length` is undefined for lists. */
  indexed(kind: ChunkKind, id: Uint8Array, length: number | undefined): IndexedPack | undefined {
    return this.#index.find(id).find((place) => this.#fits(place, kind, length) && this.#isSound(place))?.pack
  }

  /** All packs in which the chunk lies, as the index tells. */
  packsOf(kind: ChunkKind, id: Uint8Array, length: number | undefined): IndexedPack[] {
    return this.#index.find(id).flatMap((place) => (this.#fits(place, kind, length) ? [place.pack] : []))
  }

  /** As `indexed`, of a chunk that a snapshot names, once it is known which packs are damaged. */
  needIndexed(kind: ChunkKind, id: Uint8Array, length: number | undefined): IndexedPack | undefined {
    return this.#need(this.#index.find(id).filter((place) => this.#fits(place, kind, length) && this.#isSound(place)))
  }

  /** As `needIndexed`, but after the packs' own directories, which are all opened for the first question. */
  async needInDirectories(kind: ChunkKind, id: Uint8Array, length: number | undefined): Promise<IndexedPack | undefined> {
    this.#rebuilt ??= await this.#repository.rebuiltIndex()
    const places = this.#rebuilt.find(id).filter((place) => this.#fits(place, kind, length) && this.#health.lossAt(place) === undefined)
    const pack = this.#need(places)
    if (pack !== undefined) this.#noteUnindexed(pack)
    return pack
  }

  /** The problems of the packs in which a chunk lies that cannot be read; empty when it lies nowhere. */
  lossesOf(kind: ChunkKind, id: Uint8Array, length: number | undefined): OpenProblem[] {
    const places = [...this.#index.find(id), ...(this.#rebuilt?.find(id) ?? [])].filter((place) => this.#fits(place, kind, length))
    return [...new Set(places.map((place) => this.#health.lossAt(place)).filter((problem) => problem !== undefined))]
  }

  /** The first of the packs from which a chunk can be read; notes which damaged ones must stay for it. */
  #need(places: readonly ChunkPlace[]): IndexedPack | undefined {
    const problems = places.map(({ pack }) => this.#health.problemOf(pack)).filter((problem) => problem !== undefined)
    if (problems.length === places.length) for (const problem of problems) this.needed.add(problem)
    return places[0]?.pack
  }

  #noteUnindexed(pack: IndexedPack): void {
    this.#indexedPacks ??= new Set(this.#index.packs.map(({ kind, id }) => packKey(kind, id)))
    const key = packKey(pack.kind, pack.id)
    if (!this.#indexedPacks.has(key)) this.unindexed.add(key)
  }

  #fits({ pack, length: found }: ChunkPlace, kind: ChunkKind, length: number | undefined): boolean {
    return pack.kind === packKindOf(kind) && (length === undefined || found === length)
  }

  #isSound(place: ChunkPlace): boolean {
    return this.#health.isIndexTrusted(place.pack) && this.#health.lossAt(place) === undefined
  }
}
