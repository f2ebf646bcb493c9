// One corpus of the comparison as Markdown: medians side by side, ratios against restic, and whether each bar is met. A figure that was
// not measured is a dash, never a guess.

import type { Bar, Figure } from './bars.ts'
import { barFor, MEMORY_BAR_BYTES } from './bars.ts'
import type { Corpus, CorpusName } from './corpus.ts'
import { median } from './median.ts'
import { markdownTable } from './results.ts'
import type { Failure, Operation, Sample } from './round.ts'
import { OPERATIONS } from './round.ts'
import type { BackupTool, MissingTool, ToolName } from './tools/tool.ts'
import { TOOL_NAMES } from './tools/tool.ts'

export interface Comparison {
  readonly corpusName: CorpusName
  readonly corpus: Corpus
  readonly samples: readonly Sample[]
  readonly failures: readonly Failure[]
  readonly tools: readonly BackupTool[]
  readonly missing: readonly MissingTool[]
  readonly roundCount: number
  readonly machine: string
  readonly date: string
}

const LABELS: Readonly<Record<Operation, string>> = {
  first: 'first commit',
  unchanged: 'commit, nothing changed',
  changed: 'commit, 1 % changed',
  log: 'log',
  restore: 'restore',
  verify: 'verify all data',
}
const UNITS: Readonly<Record<Figure, { label: string; unit: number; digits: number }>> = {
  wall: { label: 'wall, s', unit: 1, digits: 2 },
  cpu: { label: 'CPU, s', unit: 1, digits: 2 },
  memory: { label: 'peak memory, MB', unit: 1e6, digits: 0 },
  size: { label: 'repository, MiB', unit: 2 ** 20, digits: 1 },
}

/** The whole section, with its heading. */
export function formatComparison(comparison: Comparison): string {
  const { corpus, tools, missing, failures, roundCount, machine, date } = comparison
  const contents = `${corpus.fileCount.toLocaleString('en-US')} files, ${(corpus.byteCount / 1e6).toFixed(0)} MB: ${corpus.description}.`
  const run = `${date}, ${roundCount === 1 ? 'one round' : `median of ${roundCount} interleaved rounds`}, ${machine}.`
  const versions = tools.map((tool) => `${tool.version} (${tool.settings})`).join(', ')
  const remarks = [
    ...missing.map(({ name, reason }) => `- **${name} is missing** (${reason}): its columns are empty.`),
    ...failures.map(({ tool, operation, reason }) => `- **${tool} failed** at ${operation}: ${reason.replaceAll(/\s+/g, ' ')}`),
  ]
  const head = ['', ...TOOL_NAMES, 'cairn / restic', 'bar', 'met']
  return [`## ${corpus.name}`, contents, `${run} ${versions}.`, remarks.join('\n'), markdownTable(head, allRows(comparison))]
    .filter(Boolean)
    .join('\n\n')
}

/** The bars that were measured and not met, one line each. */
export function missedBars(comparison: Comparison): string[] {
  return allRows(comparison)
    .filter((cells) => cells.at(-1) === '**no**')
    .map(([label, cairn, , , ratio, bar]) => `${comparison.corpus.name}: ${label}: ${ratio || cairn}, bar ${bar}`)
}

function allRows(comparison: Comparison): string[][] {
  const rows = OPERATIONS.flatMap((operation) =>
    (['wall', 'cpu', 'memory', 'size'] as const).flatMap((figure) => figureRow(comparison, operation, figure)),
  )
  return [...rows, memoryRow(comparison)]
}

function figureRow(comparison: Comparison, operation: Operation, figure: Figure): string[][] {
  const values = TOOL_NAMES.map((tool) => median(figuresOf(comparison.samples, tool, operation, figure)))
  if (figure === 'size' && !['first', 'changed'].includes(operation)) return []
  const [cairn, restic] = values
  const ratio = cairn === undefined || restic === undefined ? undefined : cairn / restic
  const { label, unit, digits } = UNITS[figure]
  const cells = values.map((value) => (value === undefined ? '–' : (value / unit).toFixed(digits)))
  return [
    [
      `${LABELS[operation]}: ${label}`,
      ...cells,
      ratio?.toFixed(2) ?? '–',
      ...barCells(barFor(operation, figure, comparison.corpusName), ratio),
    ],
  ]
}

/** Memory has a bar of its own, in bytes, over all operations. */
function memoryRow(comparison: Comparison): string[] {
  const peaks = TOOL_NAMES.map((tool) =>
    Math.max(0, ...comparison.samples.filter((sample) => sample.tool === tool).map((sample) => sample.peakBytes)),
  )
  const [cairn] = peaks
  const met = cairn ? (cairn <= MEMORY_BAR_BYTES ? 'yes' : '**no**') : '–'
  return [
    'largest peak of all: MB',
    ...peaks.map((peak) => (peak === 0 ? '–' : (peak / 1e6).toFixed(0))),
    '',
    `${MEMORY_BAR_BYTES / 1e6} MB`,
    met,
  ]
}

function figuresOf(samples: readonly Sample[], tool: ToolName, operation: Operation, figure: Figure): number[] {
  return samples
    .filter((sample) => sample.tool === tool && sample.operation === operation)
    .flatMap((sample) => figureOf(sample, figure) ?? [])
}

function figureOf(sample: Sample, figure: Figure): number | undefined {
  switch (figure) {
    case 'wall':
      return sample.wallSeconds
    case 'cpu':
      return sample.cpuSeconds
    case 'memory':
      return sample.peakBytes
    case 'size':
      return sample.sizeBytes
  }
}

function barCells(bar: Bar | undefined, ratio: number | undefined): string[] {
  if (bar === undefined) return ['', '']
  const text = bar.goal === undefined ? bar.atMost.toFixed(2) : `${bar.atMost.toFixed(2)} (goal ${bar.goal.toFixed(2)})`
  return [text, ratio === undefined ? '–' : ratio <= bar.atMost ? 'yes' : '**no**']
}
