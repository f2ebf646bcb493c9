// What a commit may deduplicate against: its own segments, those of owners, and packs that a reader has verified (SPEC §6.4, §9.2.2);
// of these only packs that are there, whole, and were not found damaged. Otherwise a new snapshot would name what is lost.

import { equalBytes, toHex } from '../../../format/bytes.ts'
import type { SegmentPack } from '../../../format/index-segment.ts'
import { segmentKey } from '../../../format/store-key.ts'
import { attestationOf } from '../../repository/objects/attestation.ts'
import { readSegments } from '../../repository/objects/segments.ts'
import type { Repository } from '../../repository/repository.ts'
import { joinOwn } from '../../runtime/discard.ts'

/**
 * The short ids of the chunks that need not be stored again, in columns as segments have them, each in memory of its own. `present` are
 * the packs of the store with their sizes, by id as hex; `damaged` those that verification found bad.
 */
export async function trustedShortIds(
  repository: Repository,
  present: ReadonlyMap<string, number>,
  damaged: ReadonlySet<string>,
): Promise<Buffer[]> {
  const { store, segmentContext } = repository
  const superseded = new Set<string>()
  const columns = new Map<string, Buffer>()
  for await (const segment of readSegments(store, segmentContext)) {
    if ('message' in segment) continue
    const { object, body, signer } = segment
    if (segmentContext.maySupersede(signer)) for (const id of body.superseded) superseded.add(segmentKey(id))
    const packs = body.packs.filter((pack) => isWhole(pack, present, damaged) && isTrusted(repository, signer, pack))
    columns.set(object, joinOwn(packs.map(({ shortIds }) => shortIds)))
  }
  for (const object of superseded) columns.delete(object)
  return [...columns.values()]
}

function isWhole({ id, packBytes }: SegmentPack, present: ReadonlyMap<string, number>, damaged: ReadonlySet<string>): boolean {
  const name = toHex(id)
  return present.get(name) === packBytes && !damaged.has(name)
}

function isTrusted(repository: Repository, signer: Uint8Array, pack: SegmentPack): boolean {
  if (equalBytes(signer, repository.signing.memberId) || repository.isOwner(signer)) return true
  return repository.journal.state.attested.has(toHex(attestationOf(pack)))
}
