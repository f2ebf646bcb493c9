// What went wrong with single entries of a capture: all are counted, the first thousand are kept for the manifest. SPEC §6.5.

import { equalBytes } from '../../../format/bytes.ts'
import { LIMITS } from '../../../format/limits.ts'
import type { ManifestProblem } from '../../../format/manifest.ts'
import type { ProblemKind } from './messages.ts'
import { problemOf } from './read-file.ts'

export class Problems {
  count = 0
  readonly kept: ManifestProblem[] = []
  readonly #report: (problem: ManifestProblem) => void

  constructor(report: (problem: ManifestProblem) => void) {
    this.#report = report
  }

  /** Records a problem; `path` is latin1 text. */
  add(path: string, kind: ProblemKind, message: string): void {
    const problem = { path: Buffer.from(path, 'latin1'), kind, message }
    this.count++
    if (this.kept.length < LIMITS.manifestProblems) this.kept.push(problem)
    this.#report(problem)
  }

  /** Why nothing of a path was captured, as far as that is among the kept ones. */
  lossOf(path: Uint8Array): ManifestProblem | undefined {
    return this.kept.find(({ kind, path: lost }) => (kind === 'vanished' || kind === 'unreadable') && equalBytes(lost, path))
  }

  /** Records an error of the file system. @throws any other error, which is nobody's file's fault. */
  addError(path: string, error: unknown): void {
    const { kind, message } = problemOf(error)
    this.add(path, kind, message)
  }
}
