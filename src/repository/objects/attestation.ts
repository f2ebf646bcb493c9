import { attestedPackInput } from '../../../format/derivations.ts'
import { encodeSegmentBody, type SegmentPack } from '../../../format/index-segment.ts'
import { sha256 } from '../crypto/hash.ts'

/**
 * What a reader attests of a pack: not only that it is sound, but what is in it, so that nobody can announce other chunks under the
 * name of a pack that was verified. SPEC §6.4
 */
export function attestationOf(pack: SegmentPack): Buffer {
  return sha256(attestedPackInput(encodeSegmentBody({ superseded: [], packs: [pack] })))
}
