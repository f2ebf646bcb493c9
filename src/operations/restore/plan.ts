// The plan of a restore: what comes from where, how much, and what stands in the target's place. Reading only: it is what a dry
// run shows, and what a person approves. Flow: walk the trees → columns of entries and pieces → order by block. SPEC §9.5.1-4

import type { Manifest } from '../../../format/manifest.ts'
import { ENTRY_DIRECTORY } from '../../../format/tree.ts'
import { NotFoundError } from '../../errors.ts'
import type { SnapshotRecord } from '../../repository/journal/state.ts'
import type { Repository } from '../../repository/repository.ts'
import { interruptedExchange } from '../../targets/contents-staging.ts'
import type { DirectoryTable } from '../../targets/directory-table.ts'
import { assertHoldsNone, assertOutside, type OwnPlace } from '../../targets/kept-out.ts'
import type { RestoreProblem } from '../../targets/problem.ts'
import { roomAt } from '../../targets/room.ts'
import type { Interrupted } from '../../targets/stale-contents.ts'
import { inspectTarget, type Replacing, type TargetState } from '../../targets/target-state.ts'
import { problemsAt } from '../capture-problems.ts'
import { missingIn } from '../snapshot-tree.ts'
import { type Fetch, planFetches } from './fetch-plan.ts'
import { PlanBounds } from './plan-bounds.ts'
import type { PlanColumns } from './plan-columns.ts'
import { PlanWalk, type Walked } from './plan-walk.ts'
import type { PlannedColumns } from './planned-columns.ts'
import { entryAtPath } from './selection.ts'

export interface PlanOptions {
  /** Directory in which the tree is to appear. */
  readonly to: string
  /** Only what lies at this path of the snapshot: a directory's contents, or one entry under its own name. */
  readonly path?: readonly Uint8Array[]
  /** Only what these patterns of gitignore's grammar match, relative to the restored root, and the directories above it. */
  readonly include?: readonly string[]
  /** Leave out directories whose trees are damaged, and say so, instead of failing. */
  readonly keepGoing?: boolean
  /** The plan is only looked at, as by a dry run: it holds no more of a file than what tells it from others, and cannot be run. */
  readonly countsOnly?: boolean
  /** What the target holds is to be replaced: then nothing may be mounted in it. */
  readonly replacing?: Replacing | undefined
  /** The largest plan, in bytes of memory; an eighth of the machine's unless told. */
  readonly memoryBytes?: number
  readonly signal?: AbortSignal
  /** Called once, when it is clear that the restore is worth threads. */
  readonly onMany?: () => void
  /** Besides the repository: where the target may not lie, and what it may not hold. */
  readonly keepOut?: readonly OwnPlace[]
}

/** What a restore will do. Changes nothing, and can be run more than once. */
export interface RestorePlan {
  readonly snapshot: SnapshotRecord
  readonly manifest: Manifest
  readonly to: string
  readonly target: TargetState
  /** How what it holds is to be replaced. */
  readonly replacing: Replacing | undefined
  /** Of a target of which the contents are to be replaced: an exchange that was cut in two, and is brought to its end first. */
  readonly interrupted: Interrupted | undefined
  /** Regular files, each name once. */
  readonly files: number
  readonly directories: number
  /** Symlinks, devices, fifos, sockets. */
  readonly others: number
  /** Names beyond the first of files with several. */
  readonly links: number
  /** Sizes of the files, holes and repetitions included. */
  readonly bytes: number
  /** Chunks wanted, repetitions included. */
  readonly chunks: number
  readonly blocks: number
  readonly packs: number
  /** What is read from the store for the content. */
  readonly fetchBytes: number
  /** Of what is restored: problems that the snapshot was made with, so that something may be missing in it. */
  readonly captureProblems: number
  /** Directories that were left out because their trees are damaged. */
  readonly problems: readonly RestoreProblem[]
  /** Absent when the plan is only looked at. */
  readonly work: PlannedWork | undefined
}

/** A plan that was not made for its counts only. */
export type RunnablePlan = RestorePlan & { readonly work: PlannedWork }

/** @throws {Error} when a plan was made for its counts only: that is a defect of whoever runs it */
export function assertRunnable(plan: RestorePlan): asserts plan is RunnablePlan {
  if (plan.work === undefined) throw new Error('a plan that was made for its counts only cannot be run')
}

/** What the run needs of a plan. */
export interface PlannedWork {
  readonly columns: PlannedColumns
  readonly fetches: readonly Fetch[]
  /** The directories, none of them made yet. */
  readonly buildTable: () => DirectoryTable
}

/**
 * Plans a restore of a snapshot.
 * @throws {NotFoundError} when the path does not exist, `nothing-included` when no pattern matches; {StopError} `target-not-a-directory`, `mount-point`
 * @throws {StoreError} `target-no-space` when the target has no room for what is planned; {StopError} `plan-too-large`
 * @throws {UsageError} `own-place`, `target-parent`; {FormatError}, {IntegrityError} when manifest or trees are damaged; {CancelledError}
 */
export async function planRestore(repository: Repository, snapshot: SnapshotRecord, options: PlanOptions): Promise<RestorePlan> {
  assertApart(repository, options)
  const { replacing } = options
  const target = inspectTarget(options.to, replacing)
  const interrupted = replacing === 'contents' && target !== 'absent' ? interruptedExchange(options.to) : undefined
  const manifest = await repository.readManifest(snapshot)
  const { path = [], include, memoryBytes } = options
  const start = await entryAtPath(repository, manifest.root, path).catch((error: unknown) => Promise.reject(missingIn(snapshot, error)))
  const snapshotBytes = path.length === 0 && include === undefined ? manifest.statistics.bytes : undefined
  const limits = {
    roomBytes: roomAt(options.to, target === 'absent' ? undefined : replacing),
    snapshotBytes,
    ...(memoryBytes !== undefined && { memoryBytes }),
  }
  const bounds = new PlanBounds(options.to, limits)
  const root = start.type === ENTRY_DIRECTORY ? start : manifest.root
  const walk = new PlanWalk(repository, await repository.index(), { ...options, bounds }, root)
  if (start.type === ENTRY_DIRECTORY) await walk.run(start)
  else await walk.add(start, 0, '')
  const { columns, counts, problems } = walk.result()
  // What is damaged may be what was meant: that is told as such.
  if (include !== undefined && problems.length === 0) assertIncluded(counts, include)
  const captureProblems = problemsAt(manifest, path)
  const { work, ...reads } = workOf(columns)
  const runnable = options.countsOnly === true ? undefined : work
  const place = { to: options.to, target, replacing, interrupted }
  return { snapshot, manifest, ...place, ...counts, captureProblems, problems, ...reads, work: runnable }
}

function assertApart({ store }: Repository, { to, keepOut = [] }: PlanOptions): void {
  const places = store.directory === undefined ? keepOut : [{ path: store.location, what: 'the repository' }, ...keepOut]
  assertOutside(to, places)
  assertHoldsNone(to, places)
}

function assertIncluded({ files, directories, others, links }: Walked['counts'], patterns: readonly string[]): void {
  if (files + directories + others + links > 0) return
  throw new NotFoundError('nothing-included', `Nothing in the snapshot matches ${patterns.map((each) => `'${each}'`).join(' or ')}.`, {
    hint: "'cairn ls --recursive' lists what is there; patterns are of gitignore's grammar, below the path that is restored.",
    fields: { patterns },
  })
}

function workOf(columns: PlanColumns): Pick<RestorePlan, 'blocks' | 'packs' | 'fetchBytes'> & { readonly work: PlannedWork } {
  const shared = columns.share()
  const fetches = planFetches(shared.order.blocks)
  return {
    blocks: shared.order.blocks.length,
    packs: new Set(fetches.map(({ pack }) => pack)).size,
    fetchBytes: fetches.reduce((sum, { length }) => sum + length, 0),
    work: { columns: shared, fetches, buildTable: () => columns.buildTable() },
  }
}
