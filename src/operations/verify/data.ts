// The data half of a verification: which packs are read, what their verdicts mean for the index, and what is remembered of them.

import { type Id, toHex } from '../../../format/bytes.ts'
import { packKey } from '../../../format/store-key.ts'
import type { IndexedPack } from '../../repository/objects/chunk-index.ts'
import type { LoadedIndex } from '../../repository/objects/segments.ts'
import type { Repository } from '../../repository/repository.ts'
import type { Announcement, Announcements } from './announcements.ts'
import { attest } from './attest.ts'
import { checkPacks } from './check-packs.ts'
import type { PackVerdict } from './messages.ts'
import type { ListedPack, PackHealth } from './pack-health.ts'
import type { ProblemList } from './problems.ts'
import { choosePacks, damagedPacks, type VerifiedPack, type VerifyMemory } from './sample.ts'

export interface DataCheck {
  readonly share: number
  readonly index: LoadedIndex
  readonly health: PackHealth
  readonly problems: ProblemList
  readonly announcements: Announcements
  readonly memory: VerifyMemory | undefined
  /** What is found counts only after this: until then the trees are checked, as the index alone tells. */
  readonly after: Promise<unknown>
  /** Only these packs, and those that were found damaged before. */
  readonly only: ReadonlySet<IndexedPack> | undefined
  readonly threadCount: number | undefined
  readonly signal: AbortSignal | undefined
  readonly onProgress: (progress: { done: number; total: number; bytes: number; totalBytes: number }) => void
}

export interface DataCounts {
  /** Packs that were read, and their bytes. */
  readonly packs: number
  readonly bytes: number
  readonly chunks: number
  /** Packs that were found in order and that nobody had vouched for. */
  readonly attested: number
}

/** Verdicts are remembered in groups, so that an interrupted check is not lost. */
const REMEMBER_EVERY = 64

export async function verifyData(repository: Repository, check: DataCheck): Promise<DataCounts> {
  const known = check.memory?.verified() ?? new Map<string, VerifiedPack>()
  const packs = choosePacks(candidates(check, damagedPacks(known)), known, check.share)
  const verdicts = new Verdicts(check, packs)
  const held = new HeldVerdicts(verdicts, check.after)
  const indexed = new Map(check.index.index.packs.map((pack) => [packKey(pack.kind, pack.id), pack]))
  try {
    await checkPacks(repository, packs, {
      indexedPack: ({ key }) => {
        const pack = indexed.get(key)
        return pack && check.index.index.segmentPackOf(pack)
      },
      onVerdict: (pack, verdict) => held.add(pack, verdict),
      threadCount: check.threadCount,
      signal: check.signal,
    })
    await check.after
  } finally {
    verdicts.remember()
  }
  return { packs: verdicts.done, bytes: verdicts.bytes, chunks: verdicts.chunks, attested: await attest(repository, verdicts.sound) }
}

/** Of one snapshot its own packs, and those that were found damaged: they are read again by every verification. */
function candidates({ health, only }: DataCheck, damaged: ReadonlySet<string>): Iterable<ListedPack> {
  if (only === undefined) return health.packs.values()
  const keys = new Set([...only].map(({ kind, id }) => packKey(kind, id)))
  return [...health.packs.values()].filter(({ key, id }) => keys.has(key) || damaged.has(toHex(id)))
}

/** Notes what of a pack is lost, after a look at all of it. */
export function noteDamage(health: PackHealth, { key }: ListedPack, { messages, badBlocks, lost }: PackVerdict): void {
  const [first, ...more] = messages
  if (first === undefined) return
  const message =
    more.length === 0 ? first : `${first}; ${more.slice(0, 3).join('; ')}${more.length > 3 ? `; ${more.length - 3} more` : ''}`
  if (lost) health.lose(key, 'pack', message)
  else health.loseBlocks(key, message, badBlocks)
}

/** Keeps verdicts back until they may count. */
class HeldVerdicts {
  readonly #verdicts: Verdicts
  #held: [ListedPack, PackVerdict][] | undefined = []

  constructor(verdicts: Verdicts, after: Promise<unknown>) {
    this.#verdicts = verdicts
    after.then(
      () => this.#release(),
      () => undefined, // whoever waits for it tells
    )
  }

  add(pack: ListedPack, verdict: PackVerdict): void {
    if (this.#held === undefined) this.#verdicts.add(pack, verdict)
    else this.#held.push([pack, verdict])
  }

  #release(): void {
    for (const [pack, verdict] of this.#held ?? []) this.#verdicts.add(pack, verdict)
    this.#held = undefined
  }
}

/** What the verdicts add up to. */
class Verdicts {
  done = 0
  bytes = 0
  chunks = 0
  /** Packs in order, with what was announced of them. */
  readonly sound: { attestation: Uint8Array; announced: Announcement[] }[] = []
  readonly #check: DataCheck
  readonly #segments: ReadonlySet<string>
  readonly #total: number
  readonly #totalBytes: number
  #unremembered: { id: Id; ok: boolean }[] = []

  constructor(check: DataCheck, packs: readonly ListedPack[]) {
    this.#check = check
    this.#segments = new Set(check.index.segments)
    this.#total = packs.length
    this.#totalBytes = packs.reduce((sum, { packBytes }) => sum + packBytes, 0)
  }

  add(pack: ListedPack, verdict: PackVerdict): void {
    this.done++
    this.bytes += pack.packBytes
    this.chunks += verdict.chunks
    noteDamage(this.#check.health, pack, verdict)
    const isTrue = this.#announced(pack, verdict)
    this.#unremembered.push({ id: pack.id, ok: isTrue && verdict.messages.length === 0 })
    if (this.#unremembered.length >= REMEMBER_EVERY) this.remember()
    this.#check.onProgress({ done: this.done, total: this.#total, bytes: this.bytes, totalBytes: this.#totalBytes })
  }

  remember(): void {
    this.#check.memory?.remember(this.#unremembered)
    this.#unremembered = []
  }

  /** Whether everything that segments announce of a pack is what its own directory says. */
  #announced({ key }: ListedPack, { attestation, messages }: PackVerdict): boolean {
    if (attestation === undefined) return true
    const announced = this.#check.announcements.of(key, this.#segments)
    const lies = announced.filter((each) => !each.attestation.equals(Buffer.from(attestation)))
    // Bytes of another pack under this name are the pack's fault, not the segment's.
    if (messages.length === 0)
      for (const { segment } of lies)
        this.#check.problems.add('segment', segment, `it announces other chunks in ${key} than that pack holds`)
    if (lies.length > 0) this.#check.health.distrustIndex(key)
    else if (messages.length === 0) this.sound.push({ attestation, announced })
    return lies.length === 0
  }
}
