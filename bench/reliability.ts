// Where the tests leave how many cases of what they ran: bench/RELIABILITY.md, one section for each suite and tier. Written only with
// CAIRN_RECORD=1, so that an ordinary test run leaves the tree as it was.

import { join } from 'node:path'
import type { CaseCounter } from './case-counter.ts'
import { markdownTable, replaceSection } from './results.ts'

const RELIABILITY_FILE = join(import.meta.dirname, 'RELIABILITY.md')
const OPENING = `# Reliability: what the tests tried

Cases counted by the tests themselves (\`CAIRN_RECORD=1 npm test\`; with \`SLOW=1\` the large counts). Each suite rewrites only its section.`

/**
 * Records the counts of one suite, in place of its last ones in the same tier (`ci`, or `slow` under SLOW=1). Does nothing without
 * CAIRN_RECORD=1. Several processes may call it at once. It takes counters and no numbers: what is 0 here was counted.
 * @throws {Error} when `section` is not of lower-case letters, digits and hyphens.
 */
export function recordReliability(section: string, cases: CaseCounter, path = RELIABILITY_FILE): void {
  if (process.env['CAIRN_RECORD'] !== '1') return
  const tier = process.env['SLOW'] === '1' ? 'slow' : 'ci'
  const cells = cases.all().map((row) => [escapeCell(row.what), count(row.caseCount), count(row.failureCount), escapeCell(row.note)])
  const body = `## ${section} (${tier})\n\n${markdownTable(['what', 'cases', 'failures', 'note'], cells)}`
  replaceSection(path, `${section}-${tier}`, body, OPENING)
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
