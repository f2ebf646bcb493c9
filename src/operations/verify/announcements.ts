import type { Id } from '../../../format/bytes.ts'
import { packKey } from '../../../format/store-key.ts'
import { attestationOf } from '../../repository/objects/attestation.ts'
import type { ReadSegment } from '../../repository/objects/segments.ts'

/** What a segment says is in a pack. */
export interface Announcement {
  /** Store key of the segment. */
  readonly segment: string
  readonly signer: Id
  /** SPEC §6.4 */
  readonly attestation: Buffer
}

/** What all segments say of all packs, kept as 32 bytes each. */
export class Announcements {
  readonly #byPack = new Map<string, Map<string, Announcement>>()

  /** Takes in a segment as it is loaded; twice is once. */
  readonly see = ({ object, body, signer }: ReadSegment): void => {
    for (const pack of body.packs) {
      const key = packKey(pack.kind, pack.id)
      const known = this.#byPack.get(key) ?? new Map<string, Announcement>()
      known.set(object, { segment: object, signer: Buffer.from(signer), attestation: attestationOf(pack) })
      this.#byPack.set(key, known)
    }
  }

  /** What the segments that count say of a pack. */
  of(key: string, segments: ReadonlySet<string>): Announcement[] {
    return [...(this.#byPack.get(key)?.values() ?? [])].filter(({ segment }) => segments.has(segment))
  }
}
