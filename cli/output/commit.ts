// What `commit` tells: its progress, its problems, and what became of it.

import { toHex } from '../../format/bytes.ts'
import type { CommitOutcome, CommitProgress } from '../../src/operations/commit/commit.ts'
import type { DryRun } from '../../src/operations/commit/dry-run.ts'
import { monotonicMs } from '../../src/runtime/clock.ts'
import { colour, humanBytes, humanCount, humanDuration, plural } from './human.ts'
import { uuidText } from './ids.ts'
import type { Output } from './output.ts'
import { pathJson, pathText, printableLine } from './path-text.ts'

const SHOWN_PROBLEMS = 1000

/** Progress as a line on the terminal, or as lines of JSON. */
export class CommitProgressLine {
  readonly #output: Output
  readonly #expectedBytes: number | undefined
  readonly #startedMs = monotonicMs()

  /** `expectedBytes`: what the series' last snapshot held, for the time that is left. */
  constructor(output: Output, expectedBytes: number | undefined) {
    this.#output = output
    this.#expectedBytes = expectedBytes
  }

  show(progress: CommitProgress): void {
    const elapsedMs = Math.round(monotonicMs() - this.#startedMs)
    this.#output.event({ progress: { ...progress, elapsedMs, leftMs: this.#leftMs(progress, elapsedMs) } })
    this.#output.progress.show(this.#line(progress, elapsedMs))
  }

  #line(progress: CommitProgress, elapsedMs: number): string {
    const { files, bytes, readBytes, storedBytes, problems } = progress
    const leftMs = this.#leftMs(progress, elapsedMs)
    return [
      `${humanCount(files)} files`,
      humanBytes(bytes),
      `${humanBytes(bytes / Math.max(0.001, elapsedMs / 1000))}/s`,
      `changed ${humanBytes(readBytes)}`,
      `stored ${humanBytes(storedBytes)}`,
      ...(problems > 0 ? [plural(problems, 'problem')] : []),
      ...(leftMs === null ? [] : [`about ${humanDuration(leftMs)} left`]),
    ].join(' · ')
  }

  #leftMs({ bytes }: CommitProgress, elapsedMs: number): number | null {
    if (this.#expectedBytes === undefined || bytes === 0 || bytes >= this.#expectedBytes) return null
    return Math.round((elapsedMs * (this.#expectedBytes - bytes)) / bytes)
  }
}

/** A problem in one line. */
export function problemLine({
  path,
  kind,
  message,
}: {
  readonly path: Uint8Array
  readonly kind: string
  readonly message: string
}): string {
  return `${colour('yellow', kind)} ${path.length === 0 ? '/' : pathText(path)}: ${printableLine(message)}`
}

/** That the repository lies in what is backed up, in one line. */
export function ownDirectoryLine(path: Uint8Array): string {
  return `left out ${pathText(path)}: it is the repository itself`
}

/** The end of a commit: one object for programs, two lines for people. */
export function printCommit(output: Output, outcome: CommitOutcome, warnings: readonly string[]): void {
  const { manifest, newBytes, storedBytes, durationMs } = outcome
  const { statistics, problemCount, problems, complete, series } = manifest
  const snapshot = toHex(outcome.manifestId)
  const value = {
    snapshot,
    manifest: snapshot,
    backupId: uuidText(manifest.backupId),
    sequence: outcome.sequence,
    series,
    files: statistics.files,
    directories: statistics.directories,
    symlinks: statistics.symlinks,
    others: statistics.others,
    bytes: statistics.bytes,
    newFiles: statistics.newFiles,
    changedFiles: statistics.changedFiles,
    newBytes,
    storedBytes,
    errors: problemCount,
    problems: problems.slice(0, SHOWN_PROBLEMS).map(({ path, kind, message }) => ({ ...pathJson(path), kind, message })),
    leftOut: outcome.ownDirectories.map(pathJson),
    warnings,
    durationMs,
    complete,
  }
  if (isEmptyStream(manifest)) output.warning(`${colour('yellow', 'empty')} stream: the snapshot holds a file of 0 bytes`)
  output.result(value, () => (output.quiet ? '' : summary(snapshot, outcome)))
}

/** A dump that failed before its first byte looks like this. */
function isEmptyStream({ roots, statistics }: CommitOutcome['manifest']): boolean {
  return (
    statistics.bytes === 0 &&
    Buffer.from(roots[0]?.path ?? [])
      .toString('latin1')
      .startsWith('stdin:')
  )
}

function summary(snapshot: string, { manifest, newBytes, storedBytes, durationMs }: CommitOutcome): string {
  const { statistics, series, problemCount } = manifest
  const { files, directories, bytes, newFiles, changedFiles } = statistics
  const head = problemCount === 0 ? 'Snapshot' : `${colour('yellow', 'Partial')} snapshot`
  return [
    `${head} ${snapshot.slice(0, 8)} of ${series} in ${humanDuration(durationMs)}`,
    `  ${plural(files, 'file')} in ${plural(directories, 'directory', 'directories')}${besides(statistics)}, ${humanBytes(bytes)}: ` +
      `${humanCount(newFiles)} new, ${humanCount(changedFiles)} changed; ${humanBytes(newBytes)} new content, ${humanBytes(storedBytes)} stored`,
    ...(problemCount === 0 ? [] : [`  ${plural(problemCount, 'entry has', 'entries have')} problems, listed above and in the snapshot`]),
  ].join('\n')
}

/** What is no file: symlinks, and devices, fifos and sockets. */
function besides({ symlinks, others }: Pick<CommitOutcome['manifest']['statistics'], 'symlinks' | 'others'>): string {
  const parts = [...(symlinks === 0 ? [] : [plural(symlinks, 'symlink')]), ...(others === 0 ? [] : [plural(others, 'other')])]
  return parts.map((part) => `, ${part}`).join('')
}

/** What a dry run found, for programs. */
export function dryRunResult(series: string, found: DryRun): object {
  const { counts, problems, problemCount, ownDirectories } = found
  const { files, directories, bytes, newFiles, changedFiles, readBytes } = counts
  return {
    dryRun: true,
    series,
    files,
    directories,
    bytes,
    newFiles,
    changedFiles,
    readBytes,
    errors: problemCount,
    problems: problems.map(({ path, kind, message }) => ({ ...pathJson(path), kind, message })),
    leftOut: ownDirectories.map(pathJson),
  }
}

/** What a dry run found, for people. */
export function printDryRun(series: string, { counts, problemCount }: DryRun): string {
  const { files, directories, bytes, newFiles, changedFiles, readBytes } = counts
  return [
    `Dry run for ${series}: nothing was stored`,
    `  ${plural(files, 'file')} in ${plural(directories, 'directory', 'directories')}, ${humanBytes(bytes)}`,
    `  would read ${humanBytes(readBytes)}: ${plural(newFiles, 'new file')}, ${humanCount(changedFiles)} changed`,
    ...(problemCount === 0 ? [] : [`  ${plural(problemCount, 'entry has', 'entries have')} problems, listed above`]),
  ].join('\n')
}
