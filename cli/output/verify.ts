// How the outcome of `verify` is told.

import type { Needed, VerifyOutcome, VerifyProblem } from '../../src/operations/verify/verify.ts'
import { humanBytes, humanCount, plural } from './human.ts'
import { pathJson, pathText } from './path-text.ts'

const SHOWN_PATHS = 10

/** The outcome for programs. */
export function verifyResult(outcome: VerifyOutcome): object {
  const { ok, problems, remarks, ...rest } = outcome
  return { ok, ...rest, problems: problems.map(problemJson), remarks: remarks.map(problemJson) }
}

/** The outcome for people. */
export function humanVerify(outcome: VerifyOutcome): string {
  const { ok, problems, remarks, snapshots, packs, data, journal } = outcome
  const read =
    data === undefined
      ? 'the data itself was not read (use --data)'
      : `${data.packs} of ${plural(packs.count, 'pack')} read (${humanBytes(data.bytes)})`
  const checked = `${plural(journal.entries, 'journal entry', 'journal entries')}, ${plural(snapshots, 'snapshot')}, ${plural(packs.count, 'pack')}; ${read}`
  if (ok) return [`Everything is in order: ${checked}`, ...remarks.map(humanRemark)].join('\n')
  return [`${plural(problems.length, 'problem')}: ${checked}`, ...problems.map(humanProblem), ...remarks.map(humanRemark)].join('\n')
}

function problemJson(problem: VerifyProblem): object {
  return { ...problem, paths: problem.paths.map((path) => pathJson(Buffer.from(path))) }
}

/** Of a lost pack that nothing needs, or of a loss that was accepted. */
function humanRemark({ kind, object, message }: VerifyProblem): string {
  return `remark: ${object}: ${message}${kind === 'pack-missing' ? '; nothing that was checked needs it' : ''}`
}

function humanProblem(problem: VerifyProblem): string {
  const { kind, object, message, paths, pathCount } = problem
  const shown = paths.slice(0, SHOWN_PATHS).map((path) => `    ${path.length === 0 ? '/' : pathText(Buffer.from(path))}`)
  const left = pathCount - shown.length
  return [
    `${kind} ${object}`,
    `  ${message}`,
    ...(HARM_UNKNOWN.has(kind) ? [] : [`  ${humanHarm(problem)}`]),
    ...shown,
    ...(left > 0 && shown.length > 0 ? [`    … and ${humanCount(left)} more`] : []),
  ].join('\n')
}

/** What hinders opening, or hides snapshots: nobody asked which of them, so nothing is said of it. */
const HARM_UNKNOWN: ReadonlySet<VerifyProblem['kind']> = new Set(['journal', 'checkpoint', 'key-slot', 'lease'])

/** Whoever deletes a pack since its damage harms nothing would lose what is sound in it. */
const KEEP: Readonly<Record<Needed, string>> = {
  yes: '; keep it: snapshots need what is in it',
  no: ', and none needs it',
  unknown: "; keep it until 'cairn verify --data' says that none needs it",
}

function humanHarm(problem: VerifyProblem): string {
  const { kind, needed, snapshots, pathCount } = problem
  const keep = kind === 'pack' ? KEEP[needed ?? 'unknown'] : ''
  if (snapshots.length === 0) return `harms no snapshot${keep}`
  const harmed = `harms ${countedPaths(pathCount)} in ${snapshots.map((id) => id.slice(0, 8)).join(', ')}`
  return needed === 'yes' ? `${harmed}${keep}` : harmed
}

/** Trees that name one another again and again make more paths than can be counted. */
function countedPaths(pathCount: number): string {
  return `${pathCount === Number.MAX_SAFE_INTEGER ? 'at least ' : ''}${plural(pathCount, 'path')}`
}
