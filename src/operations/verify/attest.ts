import { toHex } from '../../../format/bytes.ts'
import { LIMITS } from '../../../format/limits.ts'
import { voidEnd } from '../../repository/journal/void-end.ts'
import type { Repository } from '../../repository/repository.ts'
import type { Announcement } from './announcements.ts'

/**
 * Attests packs that were found in order, so that every writer may deduplicate against them: those whose announcement is true, and
 * that nobody trusts yet. Returns how many. For owners and readers; nothing for others. SPEC §6.4, §7.4
 */
export async function attest(
  repository: Repository,
  sound: Iterable<{ readonly attestation: Uint8Array; readonly announced: readonly Announcement[] }>,
): Promise<number> {
  const { journal, signing } = repository
  const roles = journal.member(signing.memberId)?.roles ?? []
  if (!roles.includes('owner') && !roles.includes('reader')) return 0
  // An entry there would shut out those that were damaged: the next verification vouches. They may have come while this one read.
  await journal.refresh()
  if (voidEnd(journal.state).length > 0) return 0
  const wanted = new Map<string, Uint8Array>()
  for (const { attestation, announced } of sound) {
    const isTrusted =
      announced.length === 0 || announced.some(({ signer }) => repository.isOwner(signer)) || journal.state.attested.has(toHex(attestation))
    if (!isTrusted) wanted.set(toHex(attestation), attestation)
  }
  const attestations = [...wanted.values()]
  for (let from = 0; from < attestations.length; from += LIMITS.attestedPacks) {
    const packs = Buffer.concat(attestations.slice(from, from + LIMITS.attestedPacks))
    await journal.append({ event: 'attest', clear: { packs }, signing })
  }
  return attestations.length
}
