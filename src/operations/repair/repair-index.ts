// The verb `repair index`: what the segments do not say, or say wrongly, is said anew from the packs' own directories, under the
// owner's signature. Nothing is deleted: bad segments are named as superseded and stay where they are. SPEC §6.4.

import { toHex } from '../../../format/bytes.ts'
import type { SegmentPack } from '../../../format/index-segment.ts'
import { AccessError, CancelledError, StoreError } from '../../errors.ts'
import { requireFeatures } from '../../repository/journal/required-features.ts'
import { attestationOf } from '../../repository/objects/attestation.ts'
import { directoriesOf, openPack, type PackProblem } from '../../repository/objects/pack-directories.ts'
import { type SegmentProblem, writeSegment } from '../../repository/objects/segments.ts'
import type { Repository } from '../../repository/repository.ts'
import { IndexSurvey, segmentId } from './index-survey.ts'
import { provePack } from './prove-pack.ts'

export interface RepairIndexOptions {
  /** Look and say what would be done; write nothing. */
  readonly dryRun?: boolean
  readonly onProgress?: (progress: RepairProgress) => void
  readonly signal?: AbortSignal
}

export interface RepairProgress {
  /** Directories read so far, and packs announced. */
  readonly packs: number
  readonly packsIndexed: number
}

export interface RepairIndexOutcome {
  /** Packs in the store. */
  readonly packs: number
  /** Packs that no good segment named and that a new one names now. */
  readonly packsIndexed: number
  /** How many of these were read in full first. */
  readonly packsProven: number
  /** Packs that cannot be indexed, and why. */
  readonly unreadable: readonly PackProblem[]
  /** Packs that good segments name and that are not in the store. */
  readonly missingPacks: number
  /** Store keys of the new segments. */
  readonly segments: readonly string[]
  /** Segments that are superseded now; their objects stay. */
  readonly superseded: readonly SegmentProblem[]
  /** Segments that are wrong, but alone know of packs that do not open: they stay in use. */
  readonly kept: readonly SegmentProblem[]
}

const PACKS_PER_SEGMENT = 64
/** Tree packs may hold very many chunks: 20 bytes each in a segment, which is made in memory. */
const CHUNKS_PER_SEGMENT = 1 << 20

/**
 * Heals the index; a second run finds nothing to do. An interrupted run leaves segments that count, and the next goes on.
 * @throws {AccessError} `role` when this member is no owner; {KeyError} without the read key; {StopError} `newer-repository`; {StoreError}; {CancelledError}.
 */
export async function repairIndex(repository: Repository, options: RepairIndexOptions = {}): Promise<RepairIndexOutcome> {
  if (!repository.isOwner(repository.signing.memberId)) {
    throw new AccessError('role', 'Only an owner may repair the index: what its segments say is believed by everybody who commits.')
  }
  requireFeatures(repository.journal.state, 'check')
  return new IndexRepair(repository, options).run()
}

class IndexRepair {
  readonly #repository: Repository
  readonly #options: RepairIndexOptions
  readonly #unreadable: PackProblem[] = []
  readonly #segments: string[] = []
  #packs = 0
  #indexed = 0
  #proven = 0

  constructor(repository: Repository, options: RepairIndexOptions) {
    this.#repository = repository
    this.#options = options
  }

  async run(): Promise<RepairIndexOutcome> {
    const { store, segmentContext } = this.#repository
    const survey = await IndexSurvey.read(store, segmentContext)
    await this.#readDirectories(survey)
    const { badSegments: superseded, keptSegments: kept, missingPacks } = survey
    await this.#write(survey, superseded)
    return {
      packs: this.#packs,
      packsIndexed: this.#indexed,
      packsProven: this.#proven,
      unreadable: this.#unreadable,
      missingPacks,
      segments: this.#segments,
      superseded,
      kept,
    }
  }

  async #readDirectories(survey: IndexSurvey): Promise<void> {
    const { store, packs } = this.#repository
    for await (const pack of directoriesOf(store, packs)) {
      this.#packs++
      this.#report()
      if ('message' in pack) {
        this.#unreadable.push(pack)
        survey.seeUnreadable(pack.object)
      } else survey.seeDirectory(pack)
    }
  }

  /** What is superseded stands in the last segment: until all others are durable, the old ones count. */
  async #write(survey: IndexSurvey, superseded: readonly SegmentProblem[]): Promise<void> {
    let batch: SegmentPack[] = []
    let chunks = 0
    for (const object of survey.unnamed()) {
      const pack = await this.#believable(object)
      if (pack === undefined) continue
      if (batch.length >= PACKS_PER_SEGMENT || chunks + pack.lengths.length > CHUNKS_PER_SEGMENT) {
        await this.#writeSegment(batch, [])
        ;[batch, chunks] = [[], 0]
      }
      batch.push(pack)
      chunks += pack.lengths.length
    }
    if (batch.length + superseded.length > 0) await this.#writeSegment(batch, superseded)
  }

  async #writeSegment(packs: readonly SegmentPack[], superseded: readonly SegmentProblem[]): Promise<void> {
    if (packs.length > 0) this.#indexed += packs.length
    if (this.#options.dryRun === true) return
    const { store, id, writeKeys, signing } = this.#repository
    const keys = { repository: id, indexKey: writeKeys.index, signing }
    const { key } = await writeSegment(
      store,
      packs,
      keys,
      superseded.map(({ object }) => segmentId(object)),
    )
    this.#segments.push(key)
  }

  /** A pack that may stand in an owner's segment; undefined, and noted, when it may not. */
  async #believable(object: string): Promise<SegmentPack | undefined> {
    this.#report()
    const { store, packs, journal } = this.#repository
    try {
      const opened = await openPack(store, packs, object)
      if (!this.#directoriesAreOurs() && !journal.state.attested.has(toHex(attestationOf(opened.pack)))) {
        await provePack(store, packs, opened)
        this.#proven++
      }
      return opened.pack
    } catch (error) {
      if (error instanceof StoreError) throw error
      this.#unreadable.push({ object, message: (error as Error).message })
      return undefined
    }
  }

  /**
   * Whether only owners ever held the keys by which a directory can name chunks that are known elsewhere. Others could have left a
   * pack whose directory promises what its blocks do not hold; under an owner's name all commits would rely on it. SPEC §6.4
   */
  #directoriesAreOurs(): boolean {
    const { members, removed } = this.#repository.journal.state
    return removed.size === 0 && [...members.values()].every(({ id }) => this.#repository.isOwner(id))
  }

  #report(): void {
    if (this.#options.signal?.aborted === true) {
      throw new CancelledError('cancelled', 'The repair was cancelled. What it wrote counts; the next one goes on from there.')
    }
    this.#options.onProgress?.({ packs: this.#packs, packsIndexed: this.#indexed })
  }
}
