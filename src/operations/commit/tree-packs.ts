// Tree and list chunks of a commit, packed by the main thread while the workers read files; and long attributes of directories.

import { EncapsulationKey } from '../../repository/crypto/x-wing.ts'
import type { PutChunk } from '../../repository/objects/stream-writer.ts'
import { ChunkWriter } from '../../repository/pack/chunk-writer.ts'
import type { ClaimSet } from '../../repository/pack/claims.ts'
import { type FinishedPack, PACK_MEMORY_BYTES } from '../../repository/pack/pack-writer.ts'
import type { Repository } from '../../repository/repository.ts'
import { discard } from '../../runtime/discard.ts'
import { BLOCK_SIZES } from './block-sizes.ts'
import { packToStore } from './pack-flow.ts'
import type { PackUploads } from './pack-uploads.ts'

const PACK_DATA = 1
const PACK_TREE = 2
const CHUNK_DATA = 1

export class TreePacks {
  readonly #writer: ChunkWriter
  readonly #data: ChunkWriter

  constructor(repository: Repository, claims: ClaimSet, uploads: PackUploads, level: number) {
    const { epoch, key } = repository.sealing
    const shared = {
      sealer: { repository: repository.id, epoch, sealing: new EncapsulationKey(key), level },
      identity: repository.identity,
      claims,
      blocks: BLOCK_SIZES,
      memory: () => new Uint8Array(PACK_MEMORY_BYTES),
      emit: (pack: FinishedPack) => uploads.add(packToStore(pack), () => discard(pack.bytes)),
    }
    this.#writer = new ChunkWriter({ kind: PACK_TREE, ...shared })
    this.#data = new ChunkWriter({ kind: PACK_DATA, ...shared })
  }

  /** Raw bytes of trees, lists and attributes that were not stored before. */
  get newBytes(): number {
    return this.#writer.newBytes + this.#data.newBytes
  }

  /** Stores a tree or list chunk and returns its id. */
  readonly put: PutChunk = (kind, bytes) => this.#writer.put(kind, bytes)

  /** Stores a chunk of data and returns its id. */
  readonly putData = (bytes: Uint8Array): Uint8Array => this.#data.put(CHUNK_DATA, bytes)

  finish(): void {
    this.#writer.finish()
    this.#data.finish()
  }
}
