// What the segments say against what the packs' own directories say. One entry for each pack and segment is held, never a chunk.

import type { SegmentPack } from '../../../format/index-segment.ts'
import { packKey, parseStoreKey } from '../../../format/store-key.ts'
import { attestationOf } from '../../repository/objects/attestation.ts'
import { readSegments, type SegmentContext, type SegmentProblem } from '../../repository/objects/segments.ts'
import type { ObjectStore } from '../../repository/store/object-store.ts'

/** What one segment says of one pack, as a hash over all of it. */
interface Claim {
  readonly segment: string
  readonly says: string
}

type PackState = 'missing' | 'unreadable' | 'readable'

interface SurveyedPack {
  state: PackState
  claims: Claim[]
}

export class IndexSurvey {
  readonly #packs = new Map<string, SurveyedPack>()
  /** Segments that say something else of a pack than its directory does. */
  readonly #wrong = new Map<string, SegmentProblem>()
  #unopened: readonly SegmentProblem[] = []

  /** Reads all segments that are not superseded. @throws {StoreError} when the store fails. */
  static async read(store: ObjectStore, context: SegmentContext): Promise<IndexSurvey> {
    const survey = new IndexSurvey()
    const superseded = new Set<string>()
    const problems: SegmentProblem[] = []
    for await (const segment of readSegments(store, context)) {
      if ('message' in segment) {
        problems.push(segment)
        continue
      }
      const { object, body, signer } = segment
      if (context.maySupersede(signer)) for (const id of body.superseded) superseded.add(`index/${Buffer.from(id).toString('hex')}`)
      for (const pack of body.packs) survey.#claim(object, pack)
    }
    survey.#unopened = problems.filter(({ object }) => !superseded.has(object))
    survey.#forget(superseded)
    return survey
  }

  /** Holds the claims about a pack against its directory. */
  seeDirectory(pack: SegmentPack): void {
    const found = this.#pack(packKey(pack.kind, pack.id))
    const truth = saysOf(pack)
    found.state = 'readable'
    for (const { segment, says } of found.claims) {
      if (says !== truth)
        this.#wrong.set(segment, {
          object: segment,
          message: `It says something else of ${packKey(pack.kind, pack.id)} than that pack itself.`,
        })
    }
    found.claims = found.claims.filter(({ says }) => says === truth)
  }

  /** Notes that a pack is there, but its directory does not open. */
  seeUnreadable(object: string): void {
    this.#pack(object).state = 'unreadable'
  }

  /** Store keys of the packs that open and that no good segment names. */
  *unnamed(): Generator<string> {
    for (const [object, pack] of this.#packs) if (pack.state === 'readable' && !this.#isNamed(pack)) yield object
  }

  /** How many packs good segments name that are not in the store. */
  get missingPacks(): number {
    return [...this.#packs.values()].filter((pack) => pack.state === 'missing' && this.#isNamed(pack)).length
  }

  /** Segments to be superseded: those that do not open, and those that are wrong. */
  get badSegments(): SegmentProblem[] {
    const kept = new Set(this.keptSegments.map(({ object }) => object))
    return [...this.#unopened, ...[...this.#wrong.values()].filter(({ object }) => !kept.has(object))]
  }

  /** Wrong segments that alone know of packs whose directories do not open: a reader may still find chunks by them. */
  get keptSegments(): SegmentProblem[] {
    const needed = new Set<string>()
    for (const pack of this.#packs.values()) {
      if (pack.state === 'unreadable' && !this.#isNamed(pack)) for (const { segment } of pack.claims) needed.add(segment)
    }
    return [...this.#wrong.values()].filter(({ object }) => needed.has(object))
  }

  #isNamed({ claims }: SurveyedPack): boolean {
    return claims.some(({ segment }) => !this.#wrong.has(segment))
  }

  #claim(segment: string, pack: SegmentPack): void {
    this.#pack(packKey(pack.kind, pack.id)).claims.push({ segment, says: saysOf(pack) })
  }

  #pack(object: string): SurveyedPack {
    const known = this.#packs.get(object)
    if (known !== undefined) return known
    const pack: SurveyedPack = { state: 'missing', claims: [] }
    this.#packs.set(object, pack)
    return pack
  }

  #forget(superseded: ReadonlySet<string>): void {
    for (const pack of this.#packs.values()) pack.claims = pack.claims.filter(({ segment }) => !superseded.has(segment))
  }
}

/** The id of a segment from its store key. */
export function segmentId(object: string): Uint8Array {
  const parsed = parseStoreKey(object)
  if (parsed.kind !== 'segment') throw new TypeError(`${object} is no segment.`)
  return parsed.id
}

function saysOf(pack: SegmentPack): string {
  return attestationOf(pack).toString('latin1')
}
