// What `restore` tells: what it would do, its progress, its problems, and what became of it.

import { toHex } from '../../format/bytes.ts'
import type { RestoreOutcome, RestorePlan, RestoreProgress } from '../../src/operations/restore/restore.ts'
import { monotonicMs } from '../../src/runtime/clock.ts'
import type { RestoreProblem } from '../../src/targets/problem.ts'
import { colour, humanBytes, humanCount, humanDuration, plural } from './human.ts'
import type { Output } from './output.ts'
import { partialLine } from './partial.ts'
import { pathJson, pathText, printableLine } from './path-text.ts'

const EVENT_MS = 200

/** Progress as a line on the terminal, or as lines of JSON; a few times a second however often it is told. */
export class RestoreProgressLine {
  readonly #output: Output
  readonly #startedMs = monotonicMs()
  #shownMs = 0

  constructor(output: Output) {
    this.#output = output
  }

  show(progress: RestoreProgress): void {
    const elapsedMs = monotonicMs() - this.#startedMs
    if (elapsedMs - this.#shownMs < EVENT_MS) return
    this.#shownMs = elapsedMs
    const { files, bytes, totalFiles, totalBytes, problems } = progress
    const leftMs = bytes === 0 ? null : Math.max(0, Math.round((elapsedMs * (totalBytes - bytes)) / bytes))
    this.#output.event({ progress: { ...progress, elapsedMs: Math.round(elapsedMs), leftMs } })
    const parts = [
      `${humanCount(files)} of ${humanCount(totalFiles)} files`,
      `${humanBytes(bytes)} of ${humanBytes(totalBytes)}`,
      `${humanBytes(bytes / (elapsedMs / 1000))}/s`,
      ...(problems > 0 ? [plural(problems, 'problem')] : []),
      ...(leftMs === null ? [] : [`about ${humanDuration(leftMs)} left`]),
    ]
    this.#output.progress.show(parts.join(' · '))
  }
}

/** A problem in one line. */
export function restoreProblemLine({ path, kind, message }: RestoreProblem): string {
  return `${colour('yellow', kind)} ${path.length === 0 ? '/' : pathText(path)}: ${printableLine(message)}`
}

/** Tells, also who asked for quiet, when what is restored was not captured whole. */
export function warnOfPartial(output: Output, { snapshot, captureProblems }: RestorePlan): void {
  if (captureProblems > 0) output.warning(partialLine(snapshot, captureProblems))
}

/** What a restore would do, for programs. */
export function restorePlanJson(plan: RestorePlan): object {
  const { snapshot, to, target, replacing, interrupted, problems } = plan
  const { files, directories, others, links, bytes, chunks, blocks, packs, fetchBytes, captureProblems } = plan
  const place = { to, target, replacing: replacing ?? null, ...(interrupted && { interrupted }) }
  const counts = { files, directories, others, links, bytes, chunks, blocks, packs, fetchBytes, captureProblems }
  return { snapshot: toHex(snapshot.manifest), series: snapshot.details.series, ...place, ...counts, problems: problems.map(problemJson) }
}

/** What a restore would do, for people. */
export function restorePlanText(plan: RestorePlan): string {
  const { snapshot, to, files, directories, others, links, bytes, blocks, packs, fetchBytes } = plan
  return [
    `Snapshot ${toHex(snapshot.manifest).slice(0, 8)} of ${snapshot.details.series} to ${printableLine(to)}`,
    `  ${plural(files, 'file')}, ${humanBytes(bytes)}; ${plural(directories, 'directory', 'directories')}, ${humanCount(others)} others, ${plural(links, 'hard link')}`,
    `  reads ${humanBytes(fetchBytes)}: ${plural(blocks, 'block')} of ${plural(packs, 'pack')}`,
  ].join('\n')
}

/** What became of a restore, for programs. */
export function restoreJson(plan: RestorePlan, outcome: RestoreOutcome): object {
  const { problems, problemCount, durationMs, ...rest } = outcome
  return {
    snapshot: toHex(plan.snapshot.manifest),
    ...rest,
    errors: problemCount,
    captureProblems: plan.captureProblems,
    problems: problems.map(problemJson),
    durationMs: Math.round(durationMs),
  }
}

/** What became of a restore, for people. */
export function restoreText(plan: RestorePlan, outcome: RestoreOutcome): string {
  const { path, oldPath, files, bytes, durationMs, problemCount } = outcome
  const { others, captureProblems } = plan
  const id = toHex(plan.snapshot.manifest).slice(0, 8)
  return [
    `Restored ${id} of ${plan.snapshot.details.series} to ${printableLine(path)} in ${humanDuration(durationMs)}`,
    `  ${plural(files, 'file')}${others === 0 ? '' : `, ${plural(others, 'other entry', 'other entries')}`}, ${humanBytes(bytes)}${files === 0 ? '' : ', every byte verified'}`,
    ...(oldPath === undefined ? [] : [`  what was there before is kept at ${printableLine(oldPath)}`]),
    ...(problemCount === 0 ? [] : [`  ${plural(problemCount, 'entry has', 'entries have')} problems, listed above`]),
    ...(captureProblems === 0 ? [] : [`  partial, as the snapshot is: ${plural(captureProblems, 'problem')}, see 'cairn show ${id}'`]),
  ].join('\n')
}

function problemJson({ path, kind, message }: RestoreProblem): object {
  return { ...pathJson(path), kind, message }
}
