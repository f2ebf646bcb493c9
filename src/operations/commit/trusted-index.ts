// What a commit may deduplicate against: its own segments, those of owners, and packs that a reader has verified (SPEC §6.4, §9.2.2);
// of these only packs that are there, whole, and were not found damaged. Otherwise a new snapshot would name what is lost.

import { equalBytes, toHex } from '../../../format/bytes.ts'
import { parseStoreKey } from '../../../format/store-key.ts'
import { attestationOf } from '../../repository/objects/attestation.ts'
import type { ChunkIndex } from '../../repository/objects/chunk-index.ts'
import { loadIndex } from '../../repository/objects/segments.ts'
import type { Repository } from '../../repository/repository.ts'
import type { ObjectStore } from '../../repository/store/object-store.ts'

/** The chunks that need not be stored again. `damaged` are packs, by id as hex, that verification found bad. */
export async function trustedIndex(repository: Repository, damaged: ReadonlySet<string>): Promise<ChunkIndex> {
  const own = repository.signing.memberId
  const { attested } = repository.journal.state
  const present = await packSizes(repository.store)
  const { index } = await loadIndex(repository.store, repository.segmentContext, {
    isTrusted: (signer, pack) => {
      const id = toHex(pack.id)
      if (present.get(id) !== pack.packBytes || damaged.has(id)) return false
      return equalBytes(signer, own) || repository.isOwner(signer) || attested.has(toHex(attestationOf(pack)))
    },
  })
  return index
}

/** The packs in the store with their sizes in bytes, by id as hex. */
async function packSizes(store: ObjectStore): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  for (const prefix of ['packs/data/', 'packs/tree/'] as const) {
    for await (const { key, bytes } of store.list(prefix)) {
      const parsed = parseStoreKey(key)
      if (parsed.kind === 'pack') sizes.set(toHex(parsed.id), bytes)
    }
  }
  return sizes
}
