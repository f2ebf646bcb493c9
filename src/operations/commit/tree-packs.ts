// Tree and list chunks of a commit, packed by the main thread while the workers read files.

import { EncapsulationKey } from '../../repository/crypto/x-wing.ts'
import type { PutChunk } from '../../repository/objects/stream-writer.ts'
import { ChunkWriter } from '../../repository/pack/chunk-writer.ts'
import type { ClaimSet } from '../../repository/pack/claims.ts'
import type { Repository } from '../../repository/repository.ts'
import { BLOCK_SIZES } from './block-sizes.ts'
import { packEvent } from './pack-flow.ts'
import type { PackUploads } from './pack-uploads.ts'

const PACK_TREE = 2

export class TreePacks {
  readonly #writer: ChunkWriter

  constructor(repository: Repository, claims: ClaimSet, uploads: PackUploads, level: number) {
    const { epoch, key } = repository.sealing
    this.#writer = new ChunkWriter({
      kind: PACK_TREE,
      sealer: { repository: repository.id, epoch, sealing: new EncapsulationKey(key), level },
      identity: repository.identity,
      claims,
      blocks: BLOCK_SIZES,
      emit: (pack) => uploads.add(packEvent(pack), () => undefined),
    })
  }

  /** Raw bytes of trees and lists that were not stored before. */
  get newBytes(): number {
    return this.#writer.newBytes
  }

  /** Stores a tree or list chunk and returns its id. */
  readonly put: PutChunk = (kind, bytes) => this.#writer.put(kind, bytes)

  finish(): void {
    this.#writer.finish()
  }
}
