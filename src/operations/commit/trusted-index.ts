// What a commit may deduplicate against: its own segments, those of owners, and packs that a reader has verified. SPEC §6.4, §9.2.2.

import { equalBytes, toHex } from '../../../format/bytes.ts'
import type { ChunkIndex } from '../../repository/objects/chunk-index.ts'
import { attestationOf } from '../../repository/objects/attestation.ts'
import { loadIndex } from '../../repository/objects/segments.ts'
import type { Repository } from '../../repository/repository.ts'

/** The chunks of trusted segments. A hostile writer's announcements are left out: they could name chunks that do not exist. */
export async function trustedIndex(repository: Repository): Promise<ChunkIndex> {
  const own = repository.signing.memberId
  const { attested } = repository.journal.state
  const { index } = await loadIndex(repository.store, repository.segmentContext, {
    isTrusted: (signer, pack) => equalBytes(signer, own) || repository.isOwner(signer) || attested.has(toHex(attestationOf(pack))),
  })
  return index
}
