// What `log` tells: a line for each snapshot.

import { toHex } from '../../format/bytes.ts'
import type { LogLine } from '../../src/operations/log/log.ts'
import { colour, dim, humanBytes, humanCount, humanTime, plural, right, table, tableWidth } from './human.ts'
import { uuidText } from './ids.ts'
import { cut, printableLine } from './path-text.ts'

/** Where no terminal says how much it has room for. */
const DESCRIPTION_CHARACTERS = 120
const LEAST_CHARACTERS = 20
const HEADING = ['snapshot', 'time (UTC)', 'series', right('files'), right('size'), right('stored')]

/** A snapshot for programs. */
export function logLineJson({ snapshot, tagNames }: LogLine): object {
  const { sequence, manifest, member, details } = snapshot
  return { snapshot: toHex(manifest), sequence, member: toHex(member), ...details, backupId: uuidText(details.backupId), tagNames }
}

/** Snapshots for people, each in one line of a terminal that is so wide. */
export function logText(lines: readonly LogLine[], terminalColumns: number | undefined): string {
  if (lines.length === 0) return "No snapshots yet. Make one with 'cairn commit PATH'."
  const facts = [HEADING, ...lines.map(factsOf)]
  const room = terminalColumns === undefined ? DESCRIPTION_CHARACTERS : terminalColumns - tableWidth(facts)
  const descriptions = ['description', ...lines.map((line) => description(line, room))]
  return table(facts.map((row, i) => [...row, descriptions[i]!]))
}

function factsOf({ snapshot }: LogLine) {
  const { series, createdAt, files, bytes, storedBytes } = snapshot.details
  return [
    toHex(snapshot.manifest).slice(0, 8),
    humanTime(createdAt).slice(0, 19),
    series,
    right(humanCount(files)),
    right(humanBytes(bytes)),
    right(humanBytes(storedBytes)),
  ]
}

function description({ snapshot, tagNames }: LogLine, room: number): string {
  const { description: text, problemCount } = snapshot.details
  const tags = tagNames.length === 0 ? '' : `[${tagNames.join(', ')}] `
  const partial = problemCount === 0 ? '' : `(${plural(problemCount, 'problem')}) `
  const left = Math.max(LEAST_CHARACTERS, room - tags.length - partial.length)
  return (tags && dim(tags)) + (partial && colour('yellow', partial)) + cut(firstLine(text), left)
}

/** Tables have room for one line; `show` has the rest. */
function firstLine(text: string): string {
  const [first = '', ...more] = text.trimEnd().split('\n')
  return printableLine(first) + (more.length === 0 ? '' : ' …')
}
