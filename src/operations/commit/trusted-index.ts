// What a commit may deduplicate against: its own segments, those of owners, and packs that a reader has verified. SPEC §6.4, §9.2.2.

import { equalBytes, toHex } from '../../../format/bytes.ts'
import { isOwner } from '../../repository/journal/members.ts'
import type { ChunkIndex } from '../../repository/objects/chunk-index.ts'
import { loadIndex } from '../../repository/objects/segments.ts'
import type { Repository } from '../../repository/repository.ts'

/** The chunks of trusted segments. A hostile writer's announcements are left out: they could name chunks that do not exist. */
export async function trustedIndex(repository: Repository): Promise<ChunkIndex> {
  const own = repository.signing.memberId
  const { index } = await loadIndex(
    repository.store,
    { ...repository.signers, indexKey: repository.writeKeys.index },
    (signer, pack) => equalBytes(signer, own) || isOwnerNow(repository, signer) || repository.journal.state.attested.has(toHex(pack.id)),
  )
  return index
}

function isOwnerNow(repository: Repository, member: Uint8Array): boolean {
  const found = repository.journal.member(member)
  return found !== undefined && isOwner(found)
}
