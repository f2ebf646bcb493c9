// `npm run bench:scale`: does the cost of a file, and memory, stay the same from 100,000 to 1,000,000 files? Writes its section of
// bench/RESULTS.md; exit 1 when a bar is missed.

import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isoTime, now } from '../src/runtime/clock.ts'
import { SCALE_COST_BAR, SCALE_MEMORY_BAR_BYTES } from './bars.ts'
import { makeSmallFiles } from './corpus.ts'
import { machineFacts } from './machine.ts'
import { median } from './median.ts'
import { commonDefaults, fail, parseCount, parseNames, readOptions, scratchFolder } from './options.ts'
import { markdownTable, RESULTS_OPENING, replaceSection } from './results.ts'
import type { Operation, Sample } from './round.ts'
import { runRound } from './round.ts'
import { findTools } from './tools/find.ts'
import type { BackupTool } from './tools/tool.ts'
import { TOOL_NAMES } from './tools/tool.ts'

const HELP = `
Commits a small and a large number of small files, twice each, and writes the cost per file into bench/RESULTS.md.

  --few N          default 100000
  --many N         default 1000000
  --tool NAME      ${TOOL_NAMES.join(', ')} (default cairn)
  --rounds N       of which the median counts (default 3)
  --out FILE       default bench/RESULTS.md
  --scratch DIR    for files and repositories, up to 8 GB (default: below the system's temporary folder)
  --peers DIR      where restic and borg lie (default $CAIRN_PEERS or /opt/peers; else PATH)

  npm run bench:scale -- --few 10000 --many 100000 --rounds 1
`

const COMMITS = ['first', 'unchanged'] as const

interface ScaleResult {
  readonly fileCount: number
  readonly samples: readonly Sample[]
}

const options = readOptions(HELP, { ...commonDefaults('scale'), few: '100000', many: '1000000', tool: 'cairn', rounds: '3' })
const scratch = scratchFolder(options.scratch)
const { found, missing } = findTools(parseNames(options.tool, TOOL_NAMES, 'tool').slice(0, 1), options.peers)
const [tool] = found
if (tool === undefined) fail(missing.map(({ name, reason }) => `${name} is missing: ${reason}`).join())
mkdirSync(scratch, { recursive: true })
try {
  const few = await measureFiles(tool, parseCount(options.few, 'few'))
  const many = await measureFiles(tool, parseCount(options.many, 'many'))
  finish(tool, few, many)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

async function measureFiles(measured: BackupTool, fileCount: number): Promise<ScaleResult> {
  process.stderr.write(`making ${fileCount} files\n`)
  const corpus = makeSmallFiles(join(scratch, 'files'), fileCount)
  const samples: Sample[] = []
  for (let round = 1; round <= parseCount(options.rounds, 'rounds'); round++) {
    const onSample = (sample: Sample): void => {
      samples.push(sample)
      process.stderr.write(`${fileCount} files, round ${round}: ${sample.operation} ${sample.wallSeconds.toFixed(2)} s\n`)
    }
    const onFailure = ({ operation, reason }: { operation: string; reason: string }): void => {
      throw new Error(`${operation}: ${reason}`)
    }
    await runRound({ corpus, tools: [measured], operations: COMMITS, scratch, seed: round, onSample, onFailure })
  }
  rmSync(corpus.path, { recursive: true, force: true })
  return { fileCount, samples }
}

function finish(measured: BackupTool, few: ScaleResult, many: ScaleResult): void {
  const head = ['', ...[few, many].map((result) => `${result.fileCount.toLocaleString('en-US')} files`), 'ratio', 'bar', 'met']
  const rows = [...COMMITS.flatMap((operation) => costRows(operation, few, many)), memoryRow(few, many)]
  const date = isoTime(now()).slice(0, 10)
  const run = `${date}, median of ${options.rounds}, ${machineFacts(scratch)}. ${measured.version} (${measured.settings}); files of about 3 kB, 1,000 to a directory.`
  const text = ['## scale', run, markdownTable(head, rows)].join('\n\n')
  replaceSection(resolve(options.out), 'scale', text, RESULTS_OPENING)
  if (rows.some((row) => row.at(-1) === '**no**')) process.exitCode = 1
}

function costRows(operation: Operation, few: ScaleResult, many: ScaleResult): string[][] {
  const [fewSeconds, manySeconds] = [wallSeconds(few, operation), wallSeconds(many, operation)]
  const [fewCost, manyCost] = [fewSeconds / few.fileCount, manySeconds / many.fileCount]
  const label = operation === 'first' ? 'first commit' : 'commit, nothing changed'
  return [
    [`${label}: wall, s`, fewSeconds.toFixed(2), manySeconds.toFixed(2), '', '', ''],
    [
      `${label}: µs a file`,
      (fewCost * 1e6).toFixed(1),
      (manyCost * 1e6).toFixed(1),
      (manyCost / fewCost).toFixed(2),
      `${SCALE_COST_BAR}`,
      met(manyCost / fewCost <= SCALE_COST_BAR),
    ],
  ]
}

function memoryRow(few: ScaleResult, many: ScaleResult): string[] {
  const [fewPeak, manyPeak] = [few, many].map(({ samples }) => Math.max(...samples.map((sample) => sample.peakBytes))) as [number, number]
  const bar = `${SCALE_MEMORY_BAR_BYTES / 1e6} MB`
  return [
    'peak memory, MB',
    (fewPeak / 1e6).toFixed(0),
    (manyPeak / 1e6).toFixed(0),
    (manyPeak / fewPeak).toFixed(2),
    bar,
    met(manyPeak <= SCALE_MEMORY_BAR_BYTES),
  ]
}

function wallSeconds({ samples }: ScaleResult, operation: Operation): number {
  return median(samples.filter((sample) => sample.operation === operation).map((sample) => sample.wallSeconds)) ?? Number.NaN
}

function met(isMet: boolean): string {
  return isMet ? 'yes' : '**no**'
}
