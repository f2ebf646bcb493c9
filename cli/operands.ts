// What stands behind `--` on a command line is no option, whatever it begins with. yargs fills the arguments of a command only from
// what stands before it, and reads values with a dash as options; so the words behind it get a mark that no typed word can have.

import type { Arguments } from 'yargs'

const MARK = '\0'

/** A switch without a meaning, in the place of `--`: an option in front of it that misses its value does not take the next word. */
export const END_OF_OPTIONS = MARK

/** The command line for yargs, in which whatever it would misread behind `--` is marked. */
export function markOperands(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--')
  return end === -1 ? argv : [...argv.slice(0, end), `--${END_OF_OPTIONS}`, ...argv.slice(end + 1).map(marked)]
}

/** A switch, as in the place of `--`, would take `true` for its value. */
function marked(word: string): string {
  return /^(-|(true|false)$)/.test(word) ? MARK + word : word
}

/** The words among which options are. */
export function beforeOperands(argv: readonly string[]): readonly string[] {
  const end = argv.findIndex((word) => word === '--' || word === `--${END_OF_OPTIONS}`)
  return end === -1 ? argv : argv.slice(0, end)
}

/** A word as it was typed. */
export function unmarked(word: string): string {
  return word.startsWith(MARK) ? word.slice(MARK.length) : word
}

/** Takes the marks away from what yargs has read. */
export function unmarkOperands(args: Arguments): void {
  delete args[END_OF_OPTIONS]
  for (const [name, value] of Object.entries(args)) {
    if (typeof value === 'string') args[name] = unmarked(value)
    if (Array.isArray(value)) args[name] = value.map((each: unknown) => (typeof each === 'string' ? unmarked(each) : each))
  }
}
