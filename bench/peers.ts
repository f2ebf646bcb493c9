// `npm run bench:peers`: cairn, restic and borg side by side in one run, into bench/RESULTS.md. For each corpus: make it, warm the page
// cache, run the rounds (round.ts), write the section (report.ts). Exit 1 when a bar is missed or a tool fails or is missing.

import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isoTime, now } from '../src/runtime/clock.ts'
import type { CorpusName, CorpusSizes } from './corpus.ts'
import { CORPUS_NAMES, makeCorpus } from './corpus.ts'
import { machineFacts } from './machine.ts'
import { commonDefaults, fail, parseCount, parseNames, parseSize, readOptions, scratchFolder } from './options.ts'
import type { Comparison } from './report.ts'
import { formatComparison, missedBars } from './report.ts'
import { RESULTS_OPENING, replaceSection } from './results.ts'
import type { Failure, Sample } from './round.ts'
import { runRound } from './round.ts'
import { findTools } from './tools/find.ts'
import type { BackupTool, MissingTool } from './tools/tool.ts'
import { TOOL_NAMES } from './tools/tool.ts'
import { emptyFiles } from './tree.ts'

const HELP = `
Measures cairn, restic and borg side by side and writes a section for each corpus into bench/RESULTS.md.

  --corpora LIST       of ${CORPUS_NAMES.join(',')} (default: all)
  --tools LIST         of ${TOOL_NAMES.join(',')} (default: all)
  --rounds N           interleaved rounds, of which the median counts (default 3)
  --out FILE           default bench/RESULTS.md
  --scratch DIR        for corpora and repositories, up to 30 GB (default: below the system's temporary folder)
  --peers DIR          where restic and borg lie (default $CAIRN_PEERS or /opt/peers; else PATH)
  --tree DIR           what usr-lib copies (default /usr/lib)
  --small-files N      default 200000
  --large-bytes SIZE   default 4G

  npm run bench:peers -- --corpora usr-lib --rounds 1
`

interface Plan {
  readonly corpora: readonly CorpusName[]
  readonly tools: readonly BackupTool[]
  readonly missing: readonly MissingTool[]
  readonly roundCount: number
  readonly sizes: CorpusSizes
  readonly scratch: string
  readonly out: string
}

const plan = readPlan()
for (const { name, reason } of plan.missing) progress(`${name} is missing (${reason}): its columns stay empty`)
mkdirSync(plan.scratch, { recursive: true })
try {
  for (const corpusName of plan.corpora) await compare(plan, corpusName)
} finally {
  rmSync(plan.scratch, { recursive: true, force: true })
}

function readPlan(): Plan {
  const options = readOptions(HELP, {
    ...commonDefaults('peers'),
    corpora: CORPUS_NAMES.join(','),
    tools: TOOL_NAMES.join(','),
    rounds: '3',
    tree: '/usr/lib',
    'small-files': '200000',
    'large-bytes': '4G',
  })
  const { found, missing } = findTools(parseNames(options.tools, TOOL_NAMES, 'tools'), options.peers)
  if (found.length === 0) fail(missing.map(({ name, reason }) => `${name} is missing: ${reason}`).join('\n'))
  return {
    corpora: parseNames(options.corpora, CORPUS_NAMES, 'corpora'),
    tools: found,
    missing,
    roundCount: parseCount(options.rounds, 'rounds'),
    sizes: {
      smallFileCount: parseCount(options['small-files'], 'small-files'),
      largeFileBytes: parseSize(options['large-bytes'], 'large-bytes'),
      copiedTree: resolve(options.tree),
    },
    scratch: scratchFolder(options.scratch),
    out: resolve(options.out),
  }
}

async function compare({ tools, missing, roundCount, sizes, scratch, out }: Plan, corpusName: CorpusName): Promise<void> {
  progress(`making ${corpusName}`)
  const corpus = makeCorpus(corpusName, join(scratch, corpusName), sizes)
  const samples: Sample[] = []
  const failures: Failure[] = []
  for (let round = 1; round <= roundCount; round++) {
    const onSample = (sample: Sample): void => {
      samples.push(sample)
      progress(`${corpusName} ${round}/${roundCount} ${sample.tool} ${sample.operation} ${sample.wallSeconds.toFixed(2)} s`)
    }
    const onFailure = (failure: Failure): void => {
      failures.push(failure)
      progress(`${corpusName} ${round}/${roundCount} ${failure.tool} ${failure.operation} FAILED: ${failure.reason}`)
    }
    await runRound({ corpus, tools, scratch, seed: round, onSample, onFailure })
  }
  emptyFiles(corpus.path) // not removed, for the same reason as what was restored
  const date = isoTime(now()).slice(0, 10)
  finish({ corpusName, corpus, samples, failures, tools, missing, roundCount, machine: machineFacts(scratch), date }, out)
}

function finish(comparison: Comparison, out: string): void {
  replaceSection(out, `peers-${comparison.corpusName}`, formatComparison(comparison), RESULTS_OPENING)
  const missed = missedBars(comparison)
  for (const line of missed) progress(`bar missed: ${line}`)
  if (missed.length + comparison.failures.length + comparison.missing.length > 0) process.exitCode = 1
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}
