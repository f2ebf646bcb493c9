// The words of a command line that are neither options nor the values of those that every command has: which command was named.

import { COMMANDS, GROUPS } from './commands.ts'
import { unmarked } from './operands.ts'
import { GLOBAL_VALUE_OPTIONS } from './options.ts'

/** The words in order: the command first, or what stands in its place. */
export function wordsOf(argv: readonly string[]): string[] {
  return argv.filter((word, at) => !word.startsWith('-') && !GLOBAL_VALUE_OPTIONS.includes(argv[at - 1] ?? '')).map(unmarked)
}

/** The command that was named. */
export function commandName(argv: readonly string[]): string | undefined {
  const [word] = wordsOf(argv)
  return word !== undefined && Object.hasOwn(COMMANDS, word) ? word : undefined
}

/** The command with the one below it, as `key export`; empty when there is none. */
export function commandWords(argv: readonly string[]): string[] {
  const name = commandName(argv)
  if (name === undefined) return []
  const [, below = ''] = wordsOf(argv)
  return GROUPS[name]?.includes(below) === true ? [name, below] : [name]
}

/** What other programs have taught people to type. */
export function usualSpelling(argv: readonly string[]): readonly string[] {
  const [first, ...rest] = argv
  if (first === 'help') return [...rest, '--help']
  return first === 'version' ? ['--version', ...rest] : argv
}
