// The verb `restore`: a snapshot, or a part of it, as a directory. plan → (a person's yes, where something is replaced) → run:
// staging directory → blocks → files → metadata → durable → swap. The target is the old one or the new one, complete, at every
// instant; what fails on the way leaves it as it was. SPEC §9.5

import { StopError } from '../../errors.ts'
import type { Repository } from '../../repository/repository.ts'
import { monotonicMs } from '../../runtime/clock.ts'
import type { Permit } from '../../runtime/permit.ts'
import { ContentsStaging } from '../../targets/contents-staging.ts'
import type { RestoreProblem } from '../../targets/problem.ts'
import { Staging } from '../../targets/staging.ts'
import type { StagedTree } from '../../targets/staging-directory.ts'
import type { Tally } from './outcome.ts'
import { assertRunnable, type RestorePlan } from './plan.ts'
import { RestoreRun, type RunOptions } from './run.ts'

export type { RestoreProgress } from './outcome.ts'
export { type PlanOptions, planRestore, type RestorePlan } from './plan.ts'
export { RestoreThreads } from './threads.ts'

export interface RestoreOptions extends RunOptions {
  /** To replace a target that holds something: must cover its absolute path. The old tree stays beside it. */
  readonly replace?: Permit
  /** Where the file system cannot exchange two names, move the old one away first: for an instant the target is absent. */
  readonly allowTwoRenames?: boolean
}

export interface RestoreOutcome {
  /** Absolute path of the target. */
  readonly path: string
  /** Where the tree lies that was replaced. */
  readonly oldPath?: string
  /** Regular files, each name once. */
  readonly files: number
  /** Sizes of the files, holes included. */
  readonly bytes: number
  readonly directories: number
  /** At most 1,000; `problemCount` counts all. */
  readonly problems: readonly RestoreProblem[]
  readonly problemCount: number
  /** Whether everything is as the snapshot has it, and the snapshot has all that it was made of. */
  readonly complete: boolean
  readonly durationMs: number
}

/**
 * Carries out a plan.
 * @throws {IntegrityError} `restore-damaged` when content is damaged, unless `keepGoing`: nothing was put into place
 * @throws {StopError} `target-not-empty`, `target-tampered`, `restore-in-progress`, `mount-point`, `no-atomic-swap`, `nothing-restored`, `replace-interrupted` …; {AccessError} `no-permit`
 * @throws {StoreError} when the store fails, or the target is full, read-only or broken; {CancelledError}
 */
export async function runRestore(repository: Repository, plan: RestorePlan, options: RestoreOptions = {}): Promise<RestoreOutcome> {
  assertRunnable(plan)
  const startedMs = monotonicMs()
  const staging = stagingFor(plan, options)
  try {
    const run = new RestoreRun(repository, plan, staging, options)
    await filled(run)
    if (options.replace !== undefined) assertWorthIt(plan, run.tally)
    const swapped = staging.finish({
      ...(options.replace && { permit: options.replace }),
      allowTwoRenames: options.allowTwoRenames === true,
      report: (problem) => run.tally.report(problem),
    })
    const { files, bytes, problems, problemCount } = run.tally
    const { directories, captureProblems } = plan
    return {
      ...swapped,
      files,
      bytes,
      directories,
      problems,
      problemCount,
      complete: problemCount === 0 && captureProblems === 0,
      durationMs: monotonicMs() - startedMs,
    }
  } catch (error) {
    abandon(staging, options)
    throw error
  }
}

/** Where nothing is, nothing has to stay: then the whole directory appears in one step. */
function stagingFor({ to, target, replacing }: RestorePlan, options: RestoreOptions): StagedTree {
  const replace = options.replace !== undefined
  if (replacing === 'contents') return target === 'absent' ? Staging.create(to) : ContentsStaging.create(to, { replace })
  return Staging.create(to, { replace })
}

async function filled(run: RestoreRun): Promise<void> {
  try {
    await run.fill()
  } finally {
    await run.close()
  }
}

/** Whatever kept all content out, a tree of empty directories takes nobody's place unseen, not even with a permit: that was for a full one. */
function assertWorthIt({ to, bytes, problems }: RestorePlan, { filled }: Tally): void {
  if (filled > 0 || (bytes === 0 && problems.length === 0)) return
  throw new StopError('nothing-restored', `Not one file that holds something could be restored, so ${to} is not replaced.`, {
    hint: 'See the problems that were listed. What there is can be restored into a new directory.',
  })
}

/** What made the restore fail is what its caller must hear of; that something was left behind is said beside it. */
function abandon(staging: StagedTree, { onProblem }: RestoreOptions): void {
  try {
    staging.abort()
  } catch (error) {
    onProblem?.({ path: Buffer.from(staging.name), kind: 'io', message: `the staging directory could not be removed: ${String(error)}` })
  }
}
