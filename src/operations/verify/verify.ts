// The verb `verify`: whether everything that the journal promises can be read. Structure: the whole journal, every manifest, every
// tree once, a place for every chunk. With data: every byte of the packs. Then, if something is wrong, whom it harms. SPEC §9.4

import { toHex } from '../../../format/bytes.ts'
import { manifestKey } from '../../../format/store-key.ts'
import type { Entry } from '../../../format/tree.ts'
import { CancelledError } from '../../errors.ts'
import { requireFeatures } from '../../repository/journal/required-features.ts'
import type { JournalState, SnapshotRecord } from '../../repository/journal/state.ts'
import type { LoadedIndex } from '../../repository/objects/segments.ts'
import type { Repository } from '../../repository/repository.ts'
import { monotonicMs } from '../../runtime/clock.ts'
import { Announcements } from './announcements.ts'
import { ChunkPlaces } from './chunk-places.ts'
import { type DataCheck, type DataCounts, verifyData } from './data.ts'
import { forgetGone } from './forget-gone.ts'
import { HarmWalk } from './harm.ts'
import { countOrphans } from './orphans.ts'
import type { VerifyOptions, VerifyOutcome, VerifyProgress } from './outcome.ts'
import { listPacks, PackHealth, sumBytes } from './pack-health.ts'
import { ProblemList } from './problems.ts'
import { damagedPacks } from './sample.ts'
import { checkSmallObjects } from './small-objects.ts'
import { checkSuspects } from './suspects.ts'
import { isDamage, TreeCheck } from './tree-check.ts'
import { replayWhole, type WholeJournal } from './whole-journal.ts'

export type { VerifyOptions, VerifyOutcome } from './outcome.ts'
export type { Needed, VerifyProblem } from './problems.ts'
export type { VerifyMemory } from './sample.ts'

interface Root {
  readonly id: string
  readonly entry: Entry
}

interface Checked {
  readonly roots: readonly Root[]
  readonly data: DataCounts | undefined
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
    const { counts, checkpoints, state } = await this.#journal()
    requireFeatures(state, 'check')
    await checkSmallObjects(this.#repository, state, checkpoints, this.#problems)
    const index = await this.#index()
    const health = new PackHealth(await listPacks(this.#repository.store), this.#problems)
    await health.compare(this.#repository.store, index)
    if (this.#options.memory !== undefined) await forgetGone(this.#options.memory, this.#repository.store, index, health)
    const places = new ChunkPlaces(this.#repository, index.index, health)
    const trees = new TreeCheck(this.#repository, places, this.#options.signal)
    const { roots, data } = await this.#treesAndData(state, index, health, trees)
    const { memory, threadCount, signal } = this.#options
    await checkSuspects(this.#repository, trees.suspects, { index, health, memory, threadCount, signal })
    const isPackLost = this.#problems.countOf('pack') + this.#problems.countOf('pack-missing') > 0
    if (!trees.isSound || isPackLost || health.hasDistrusted) await this.#harm(roots, places)
    const orphans = await countOrphans(this.#repository.store, state, index, health)
    const { problems, remarks } = this.#problems.judged
    return {
      ok: problems.length === 0,
      problems,
      remarks,
      journal: counts,
      snapshots: this.#options.snapshot === undefined ? state.snapshots.length : 1,
      trees: trees.counts,
      packs: { count: health.packs.size, bytes: sumBytes(health.packs.values()) },
      data,
      orphans,
      durationMs: Math.round(monotonicMs() - this.#startedMs),
    }
  }

  /** Whether every snapshot and pack is read: no manifest is lost, and the journal hides none. An unread pack may have rotted, too. */
  get #readsEverything(): boolean {
    const { snapshot, dataShare } = this.#options
    return snapshot === undefined && dataShare === 1 && this.#problems.countOf('manifest') + this.#problems.countOf('journal') === 0
  }

  /** Whether there may be packs to read: those that were asked for, or those that were found damaged before. */
  get #readsPacks(): boolean {
    const { dataShare, memory } = this.#options
    return dataShare !== undefined || damagedPacks(memory?.verified() ?? new Map()).size > 0
  }

  #journal(): Promise<WholeJournal> {
    const total = this.#repository.journal.state.head.sequence + 1
    this.#progress({ phase: 'journal', done: 0, total, bytes: 0, totalBytes: 0 })
    return replayWhole(this.#repository, this.#problems)
  }

  async #index(): Promise<LoadedIndex> {
    const index = await this.#repository.loadedIndex(this.#readsPacks ? this.#announcements.see : undefined)
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
    this.#repository.forgetBlocks()
    return roots
  }

  async #root(snapshot: SnapshotRecord): Promise<Root | undefined> {
    const id = toHex(snapshot.manifest)
    try {
      return { id, entry: (await this.#repository.readManifest(snapshot)).root }
    } catch (error) {
      if (!isDamage(error)) throw error
      const problem = this.#problems.add('manifest', manifestKey(snapshot.manifest), error.message)
      this.#problems.harm(problem, id, 1)
      this.#problems.list(problem, Buffer.alloc(0))
      return undefined
    }
  }

  /** Packs are read while the trees are checked, which keeps one core busy. Of one snapshot only the packs count that its trees name. */
  async #treesAndData(state: JournalState, index: LoadedIndex, health: PackHealth, trees: TreeCheck): Promise<Checked> {
    const { snapshot } = this.#options
    if (snapshot !== undefined) {
      const roots = await this.#trees([snapshot], trees)
      return { roots, data: await this.#data({ index, health, only: trees.used, after: Promise.resolve() }) }
    }
    const stop = new AbortController()
    const after = this.#trees(state.snapshots, trees)
    const data = this.#data({ index, health, only: undefined, after }, stop.signal)
    after.catch(() => stop.abort())
    const [roots, counts] = await Promise.allSettled([after, data])
    if (roots.status === 'rejected') throw roots.reason
    if (counts.status === 'rejected') throw counts.reason
    return { roots: roots.value, data: counts.value }
  }

  async #data(what: Pick<DataCheck, 'index' | 'health' | 'only' | 'after'>, stop?: AbortSignal): Promise<DataCounts | undefined> {
    const { dataShare, memory, threadCount, signal } = this.#options
    if (!this.#readsPacks) return undefined
    const check: DataCheck = {
      ...what,
      share: dataShare ?? 0,
      problems: this.#problems,
      announcements: this.#announcements,
      memory,
      threadCount,
      signal: AbortSignal.any([signal, stop].filter((each) => each !== undefined)),
      onProgress: (progress) => this.#progress({ phase: 'data', ...progress }),
    }
    const counts = await verifyData(this.#repository, check)
    return dataShare === undefined && counts.packs === 0 ? undefined : counts
  }

  async #harm(roots: readonly Root[], places: ChunkPlaces): Promise<void> {
    const walk = new HarmWalk(this.#repository, places, this.#problems, this.#options.signal)
    for (const [done, { id, entry }] of roots.entries()) {
      this.#progress({ phase: 'harm', done, total: roots.length, bytes: 0, totalBytes: 0 })
      await walk.walk(id, entry)
    }
    this.#problems.judgeNeeded(places.needed, !walk.isBlind && this.#readsEverything)
    const { size } = places.unindexed
    if (size > 0)
      this.#problems.add('segment', 'index/', `${size} packs that snapshots need are in no index segment: 'cairn repair index' adds them`)
  }

  #progress(progress: VerifyProgress): void {
    this.#options.onProgress?.(progress)
  }
}
