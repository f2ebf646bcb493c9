import { IntegrityError } from '../../errors.ts'
import type { ReportProblem, RestoreProblem } from '../../targets/problem.ts'
import type { JobTally } from './messages.ts'

export interface RestoreProgress {
  readonly files: number
  readonly bytes: number
  /** What the plan says. */
  readonly totalFiles: number
  readonly totalBytes: number
  readonly problems: number
}

/** Kept with the outcome; all are counted, and each is passed on when it is met. */
const KEPT_PROBLEMS = 1000

/** Adds up what came of the jobs. */
export class Tally {
  readonly problems: RestoreProblem[] = []
  problemCount = 0
  files = 0
  bytes = 0
  /** Files that are not empty. */
  filled = 0
  #leftOut = 0
  #keptOwners = 0
  #roundedTimes = 0
  readonly keepGoing: boolean
  readonly #onProblem: ReportProblem | undefined

  constructor(options: { readonly keepGoing: boolean; readonly onProblem?: ReportProblem | undefined }) {
    this.keepGoing = options.keepGoing
    this.#onProblem = options.onProblem
  }

  /** @throws {IntegrityError} `restore-damaged` at the first damaged file, unless the restore is to keep going */
  add(result: JobTally): void {
    this.files += result.files
    this.bytes += result.bytes
    this.filled += result.filled
    this.#leftOut += result.leftOut
    this.#keptOwners += result.keptOwners
    this.#roundedTimes += result.roundedTimes
    for (const problem of result.problems) this.report(problem)
  }

  /** @throws {IntegrityError} as `add` does */
  report(problem: RestoreProblem, cause?: unknown): void {
    if (problem.kind === 'damaged' && !this.keepGoing) throw damaged(problem, cause)
    this.problemCount++
    if (this.problems.length < KEPT_PROBLEMS) this.problems.push(problem)
    this.#onProblem?.(problem)
  }

  /** Reports what was only counted. */
  summarise(): void {
    const [kept, rounded, left] = [this.#keptOwners, this.#roundedTimes, this.#leftOut]
    if (kept === 1) this.#summary('ownership', '1 entry belongs to whoever restored it: only root can give it to others')
    if (kept > 1) this.#summary('ownership', `${kept} entries belong to whoever restored them: only root can give them to others`)
    const coarse = 'the file system of the target does not keep them to the nanosecond'
    if (rounded > 0) this.#summary('times', `the times of ${rounded} ${rounded === 1 ? 'entry' : 'entries'} are rounded: ${coarse}`)
    if (left === 1) this.#summary('collision', '1 entry was left out because its directory could not be made')
    if (left > 1) this.#summary('collision', `${left} entries were left out because their directory could not be made`)
  }

  #summary(kind: RestoreProblem['kind'], message: string): void {
    this.report({ path: Buffer.alloc(0), kind, message })
  }
}

function damaged(problem: RestoreProblem, cause: unknown): IntegrityError {
  const path = Buffer.from(problem.path).toString('utf8')
  const why = problem.message.replace(/^left out: /, '').replace(/\.$/, '') // nothing is left out where all is given up
  return new IntegrityError('restore-damaged', `${path} cannot be restored: ${why}. Nothing was put into place.`, {
    hint: "Run 'cairn verify --data' to see all damage, or restore the rest with --keep-going.",
    fields: { path },
    cause,
  })
}
