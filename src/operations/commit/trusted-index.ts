// What a commit may deduplicate against: its own segments, those of owners, and packs that a reader has verified (SPEC §6.4, §9.2.2);
// of these only packs that are there, whole, and were not found damaged. Otherwise a new snapshot would name what is lost.

import { equalBytes, toHex } from '../../../format/bytes.ts'
import { attestationOf } from '../../repository/objects/attestation.ts'
import type { ChunkIndex } from '../../repository/objects/chunk-index.ts'
import { loadIndex } from '../../repository/objects/segments.ts'
import type { Repository } from '../../repository/repository.ts'

/**
 * The chunks that need not be stored again. `present` are the packs of the store with their sizes, by id as hex; `damaged` those that
 * verification found bad.
 */
export async function trustedIndex(
  repository: Repository,
  present: ReadonlyMap<string, number>,
  damaged: ReadonlySet<string>,
): Promise<ChunkIndex> {
  const own = repository.signing.memberId
  const { attested } = repository.journal.state
  const { index } = await loadIndex(repository.store, repository.segmentContext, {
    isTrusted: (signer, pack) => {
      const id = toHex(pack.id)
      if (present.get(id) !== pack.packBytes || damaged.has(id)) return false
      return equalBytes(signer, own) || repository.isOwner(signer) || attested.has(toHex(attestationOf(pack)))
    },
  })
  return index
}
