// How the outcome of `verify` is told.

import type { VerifyOutcome, VerifyProblem } from '../../src/operations/verify/verify.ts'
import { humanBytes } from './human.ts'
import { pathJson, pathText } from './path-text.ts'

const SHOWN_PATHS = 10

/** The outcome for programs. */
export function verifyResult(outcome: VerifyOutcome): object {
  const { ok, problems, ...rest } = outcome
  return { ok, ...rest, problems: problems.map(problemJson) }
}

/** The outcome for people. */
export function humanVerify(outcome: VerifyOutcome): string {
  const { ok, problems, snapshots, packs, data, journal } = outcome
  const read =
    data === undefined
      ? 'the data itself was not read (use --data)'
      : `${data.packs} of ${packs.count} packs read (${humanBytes(data.bytes)})`
  const checked = `${journal.entries} journal entries, ${snapshots} snapshots, ${packs.count} packs; ${read}`
  if (ok) return `Everything is in order: ${checked}`
  return [`${problems.length} problems: ${checked}`, ...problems.map(humanProblem)].join('\n')
}

function problemJson(problem: VerifyProblem): object {
  return { ...problem, paths: problem.paths.map((path) => pathJson(Buffer.from(path))) }
}

function humanProblem({ kind, object, message, snapshots, paths, pathCount }: VerifyProblem): string {
  const harmed =
    snapshots.length === 0 ? '  harms no snapshot' : `  harms ${pathCount} paths in ${snapshots.map((id) => id.slice(0, 8)).join(', ')}`
  const shown = paths.slice(0, SHOWN_PATHS).map((path) => `    ${pathText(Buffer.from(path))}`)
  const left = pathCount - shown.length
  return [`${kind} ${object}`, `  ${message}`, harmed, ...shown, ...(left > 0 && shown.length > 0 ? [`    … and ${left} more`] : [])].join(
    '\n',
  )
}
