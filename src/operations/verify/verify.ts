// The verb `verify`: whether everything that the journal promises can be read. Structure: the whole journal, every manifest, every
// tree once, a place for every chunk. With data: every byte of the packs. Then, if something is wrong, whom it harms. SPEC §9.4

import { toHex } from '../../../format/bytes.ts'
import { checkClear } from '../../../format/events.ts'
import { checkpointKey, journalKey, manifestKey } from '../../../format/store-key.ts'
import type { Entry } from '../../../format/tree.ts'
import { CancelledError } from '../../errors.ts'
import { requireFeatures } from '../../repository/journal/open-journal.ts'
import type { JournalState, SnapshotRecord } from '../../repository/journal/state.ts'
import { verifyJournal } from '../../repository/journal/verify-journal.ts'
import type { LoadedIndex } from '../../repository/objects/segments.ts'
import type { Repository } from '../../repository/repository.ts'
import { monotonicMs } from '../../runtime/clock.ts'
import { Announcements } from './announcements.ts'
import { ChunkPlaces } from './chunk-places.ts'
import { type DataCheck, type DataCounts, verifyData } from './data.ts'
import { HarmWalk } from './harm.ts'
import { type ListedPack, listPacks, PackHealth } from './pack-health.ts'
import { ProblemList, type VerifyProblem } from './problems.ts'
import type { VerifyMemory } from './sample.ts'
import { checkSmallObjects } from './small-objects.ts'
import { isDamage, TreeCheck, type TreeCounts } from './tree-check.ts'

export type { VerifyProblem } from './problems.ts'
export type { VerifyMemory } from './sample.ts'

export interface VerifyOptions {
  /** Only this snapshot; all, unless told. */
  readonly snapshot?: SnapshotRecord
  /** Reads packs, too: this share of their bytes, above 0 to 1; those verified longest ago first. */
  readonly dataShare?: number
  readonly memory?: VerifyMemory
  readonly threadCount?: number
  readonly onProgress?: (progress: VerifyProgress) => void
  readonly signal?: AbortSignal
}

export interface VerifyProgress {
  readonly phase: 'journal' | 'trees' | 'data' | 'harm'
  /** Snapshots or packs, and bytes of packs. */
  readonly done: number
  readonly total: number
  readonly bytes: number
  readonly totalBytes: number
}

export interface VerifyOutcome {
  readonly ok: boolean
  readonly problems: readonly VerifyProblem[]
  readonly journal: { readonly entries: number; readonly voids: number; readonly head: number }
  readonly snapshots: number
  readonly trees: TreeCounts
  readonly packs: { readonly count: number; readonly bytes: number }
  /** Absent when no data was asked for. */
  readonly data: DataCounts | undefined
  /** What no segment and no journal entry names: left by interrupted commits, or found by `repair index`. */
  readonly orphans: { readonly packs: number; readonly packBytes: number; readonly manifests: number }
  readonly durationMs: number
}

interface Root {
  readonly id: string
  readonly entry: Entry
}

/**
 * Verifies a repository, or one snapshot of it. What is wrong with it is in the outcome; what kept the check from running is thrown.
 * @throws {KeyError} `no-read-key` for a writer; {StoreError} when the store fails; {StopError} `newer-repository`; {CancelledError}
 */
export async function verify(repository: Repository, options: VerifyOptions = {}): Promise<VerifyOutcome> {
  return new Verification(repository, options).run()
}

class Verification {
  readonly #repository: Repository
  readonly #options: VerifyOptions
  readonly #problems = new ProblemList()
  readonly #announcements = new Announcements()
  readonly #startedMs = monotonicMs()

  constructor(repository: Repository, options: VerifyOptions) {
    // Without the read key nothing could be checked, and a check that did not run is a failure.
    void repository.readKeys
    this.#repository = repository
    this.#options = options
  }

  async run(): Promise<VerifyOutcome> {
    const { journal, checkpoints, state } = await this.#journal()
    requireFeatures(state, 'check')
    await checkSmallObjects(this.#repository, state, checkpoints, this.#problems)
    const index = await this.#index()
    const health = new PackHealth(await listPacks(this.#repository.store), this.#problems)
    await health.compare(this.#repository.store, index)
    const places = new ChunkPlaces(this.#repository, index.index, health)
    const trees = new TreeCheck(this.#repository, places, this.#options.signal)
    const roots = await this.#trees(this.#options.snapshot === undefined ? state.snapshots : [this.#options.snapshot], trees)
    const data = await this.#data(index, health, trees)
    const isPackLost = this.#problems.countOf('pack') + this.#problems.countOf('pack-missing') > 0
    if (!trees.isSound || isPackLost || health.hasDistrusted) await this.#harm(roots, places)
    const orphans = await this.#orphans(state, index, health)
    return {
      ok: this.#problems.count === 0,
      problems: this.#problems.all,
      journal,
      snapshots: this.#options.snapshot === undefined ? state.snapshots.length : 1,
      trees: trees.counts,
      packs: { count: health.packs.size, bytes: sumBytes(health.packs.values()) },
      data,
      orphans,
      durationMs: Math.round(monotonicMs() - this.#startedMs),
    }
  }

  /** Replays the whole journal, whatever the client remembers of it. */
  async #journal(): Promise<{ journal: VerifyOutcome['journal']; checkpoints: Set<string>; state: JournalState }> {
    const { store, id, writeKeys, journal } = this.#repository
    this.#progress({ phase: 'journal', done: 0, total: journal.state.head.sequence + 1, bytes: 0, totalBytes: 0 })
    const checkpoints = new Set<string>()
    const found = await verifyJournal(store, {
      expectedRepository: id,
      pin: journal.pin(),
      journalKey: writeKeys.journal,
      onSlot: ({ entry }) => {
        if (entry?.event === 'checkpoint') checkpoints.add(checkpointKey(checkClear(entry.event, entry.clear).state))
      },
    })
    for (const { code, message, sequence } of found.problems)
      this.#problems.add('journal', sequence === undefined ? 'journal/' : journalKey(sequence), `${code}: ${message}`)
    const counts = { entries: found.entries, voids: found.voids.length, head: found.head?.sequence ?? 0 }
    return { journal: counts, checkpoints, state: found.state ?? journal.state }
  }

  async #index(): Promise<LoadedIndex> {
    const index = await this.#repository.loadedIndex(this.#options.dataShare === undefined ? undefined : this.#announcements.see)
    for (const { object, message } of index.problems) this.#problems.add('segment', object, message)
    return index
  }

  async #trees(snapshots: readonly SnapshotRecord[], trees: TreeCheck): Promise<Root[]> {
    const roots: Root[] = []
    for (const [done, snapshot] of snapshots.entries()) {
      if (this.#options.signal?.aborted === true) throw new CancelledError('cancelled', 'The verification was cancelled.')
      this.#progress({ phase: 'trees', done, total: snapshots.length, bytes: 0, totalBytes: 0 })
      const root = await this.#root(snapshot)
      if (root === undefined) continue
      roots.push(root)
      await trees.check(root.entry)
    }
    return roots
  }

  async #root(snapshot: SnapshotRecord): Promise<Root | undefined> {
    const id = toHex(snapshot.manifest)
    try {
      return { id, entry: (await this.#repository.readManifest(snapshot)).root }
    } catch (error) {
      if (!isDamage(error)) throw error
      this.#problems.harm(this.#problems.add('manifest', manifestKey(snapshot.manifest), error.message), id, Buffer.alloc(0))
      return undefined
    }
  }

  async #data(index: LoadedIndex, health: PackHealth, trees: TreeCheck): Promise<DataCounts | undefined> {
    const { dataShare, memory, snapshot, threadCount, signal } = this.#options
    if (dataShare === undefined) return undefined
    this.#repository.forgetBlocks()
    const check: DataCheck = {
      share: dataShare,
      index,
      health,
      problems: this.#problems,
      announcements: this.#announcements,
      memory,
      only: snapshot && trees.used,
      threadCount,
      signal,
      onProgress: (progress) => this.#progress({ phase: 'data', ...progress }),
    }
    return verifyData(this.#repository, check)
  }

  async #harm(roots: readonly Root[], places: ChunkPlaces): Promise<void> {
    const walk = new HarmWalk(this.#repository, places, this.#problems, this.#options.signal)
    for (const [done, { id, entry }] of roots.entries()) {
      this.#progress({ phase: 'harm', done, total: roots.length, bytes: 0, totalBytes: 0 })
      await walk.walk(id, entry)
    }
    const { size } = places.unindexed
    if (size > 0)
      this.#problems.add('segment', 'index/', `${size} packs that snapshots need are in no index segment: 'cairn repair index' adds them`)
  }

  async #orphans(state: JournalState, { index }: LoadedIndex, health: PackHealth): Promise<VerifyOutcome['orphans']> {
    const indexed = new Set(index.packs.map(({ id }) => toHex(id)))
    const packs = [...health.packs.values()].filter(({ id }) => !indexed.has(toHex(id)))
    const named = new Set(state.snapshots.map(({ manifest }) => manifestKey(manifest)))
    let manifests = 0
    for await (const { key } of this.#repository.store.list('manifests/')) if (!named.has(key)) manifests++
    return { packs: packs.length, packBytes: sumBytes(packs), manifests }
  }

  #progress(progress: VerifyProgress): void {
    this.#options.onProgress?.(progress)
  }
}

function sumBytes(packs: Iterable<ListedPack>): number {
  let bytes = 0
  for (const { packBytes } of packs) bytes += packBytes
  return bytes
}
