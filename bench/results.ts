// The Markdown files of figures: each bench or test owns one section between `<!-- begin NAME -->` and `<!-- end NAME -->` and rewrites
// only that. Safe for several processes at once.

import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import koffi from 'koffi'

/** The text above the sections of bench/RESULTS.md. */
export const RESULTS_OPENING = `# Results

Written by \`npm run bench:peers\` and \`npm run bench:scale\`, each section by one run; nothing here is edited by hand.

- All tools of a section ran in one run, one after the other, interleaved operation by operation; what they were to
  read, the tree or their repository, was in the page cache and the disk settled before each operation. Corpora are made anew and edited from a seed.
- In each round every tool starts with an empty repository, home and cache. Before log, restore and verify the cache is emptied again and
  the home set back to what init left; the second and third commit may use what the tool's own earlier commit left, as on a real machine.
- CPU is user and system time of all processes; peak memory is the resident set of the largest process; sizes are sums of file lengths.
- A restore counts only when names, kinds, sizes, modes, times and link targets equal the tree that was committed.
- log, restore and verify are \`restic snapshots\`, \`restore\`, \`check --read-data\` and \`borg list\`, \`extract\`, \`check --verify-data\`.`

const LOCK_EX = 2
const flock = koffi.load(null).func('int flock(int file, int operation)')

/**
 * Puts `markdown` in the place of a section, or makes it; sections stand in the order of their names below the file's opening text.
 * @throws {Error} when the name is not of lower-case letters, digits and hyphens, or the file cannot be written.
 */
export function replaceSection(path: string, name: string, markdown: string, opening: string): void {
  if (!/^[a-z0-9-]+$/.test(name)) throw new Error(`bad section name: ${name}`)
  // The lock lies on the folder: the kernel drops it with the process, and no lock file is left in the tree.
  const lock = openSync(dirname(path), 'r')
  try {
    if (flock(lock, LOCK_EX) !== 0) throw new Error(`cannot lock ${dirname(path)}`)
    const sections = existsSync(path) ? readSections(readFileSync(path, 'utf8')) : new Map<string, string>()
    sections.set(name, markdown.trim())
    writeFileSync(`${path}.new`, formatSections(sections, opening))
    renameSync(`${path}.new`, path)
  } finally {
    closeSync(lock)
  }
}

/** A Markdown table; the first column is aligned left, the others right. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

function readSections(text: string): Map<string, string> {
  const found = text.matchAll(/<!-- begin ([a-z0-9-]+) -->\n([\s\S]*?)\n<!-- end \1 -->/g)
  return new Map([...found].map(([, name = '', body = '']) => [name, body]))
}

function formatSections(sections: ReadonlyMap<string, string>, opening: string): string {
  const parts = [...sections].sort(([left], [right]) => (left < right ? -1 : 1))
  return [opening.trim(), ...parts.map(([name, body]) => `<!-- begin ${name} -->\n${body}\n<!-- end ${name} -->`)].join('\n\n').concat('\n')
}
