// What yargs has to say of a wrong command line, as an error of ours: what is wrong, and what may have been meant.

import type { Argv } from 'yargs'
import { UsageError } from '../src/errors.ts'
import { commandName, commandWords, wordsOf } from './argv-words.ts'
import { COMMANDS, GROUPS } from './commands.ts'
import { beforeOperands } from './operands.ts'
import type { GlobalArgs } from './options.ts'
import { nearest } from './suggest.ts'

/** The error for a command line that yargs refused with a message. */
export function usageError(message: string, argv: readonly string[], program: Argv<GlobalArgs>): UsageError {
  const [word] = wordsOf(argv)
  if (word !== undefined && !Object.hasOwn(COMMANDS, word)) return unknownCommand('', word, Object.keys(COMMANDS), argv)
  // yargs asks first for what is missing, and takes what follows an unknown option for its value.
  const isAsking = /No(ne| command) was named\.$/.test(message)
  const stray = isAsking || message.startsWith('Missing required argument') ? strayOption(argv, program, isAsking ? '-' : '--') : undefined
  if (stray !== undefined) return unknownOption(stray, argv, program)
  const unknown = /^Unknown (?:argument|command)s?: (.*)$/.exec(message)?.[1]?.split(', ')
  if (unknown === undefined) return new UsageError('usage', invalidValue(message) ?? sentence(message), { hint: helpHint(argv) })
  const name = unknown[0]!
  // yargs names an unknown option in camel case, and without its dashes.
  const option = beforeOperands(argv)
    .map((each) => each.split('=', 1)[0]!)
    .find((each) => each.startsWith('-') && camelCase(each) === camelCase(name))
  if (option !== undefined) return unknownOption(option, argv, program)
  const bundle = beforeOperands(argv).find((each) => /^-[^-]/.test(each) && name.length === 1 && each.includes(name))
  return bundle === undefined ? unknownWord(name, argv) : unknownLetters(bundle)
}

/** How yargs names an option within a program. */
export function camelCase(option: string): string {
  return option.replace(/^-+/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** What yargs knows of the options: their names, in all spellings. */
function knownOptions(program: Argv<GlobalArgs>): string[] {
  type Options = { readonly key: object; readonly alias: Readonly<Record<string, readonly string[]>> }
  const { key, alias } = (program as unknown as { getOptions(): Options }).getOptions()
  return [...Object.keys(key), ...Object.values(alias).flat()]
}

/** An option that is not known; letters behind one dash may be several that are. */
function strayOption(argv: readonly string[], program: Argv<GlobalArgs>, dashes: string): string | undefined {
  const known = knownOptions(program).map(camelCase)
  const options = beforeOperands(argv).filter((word) => word.startsWith(dashes))
  return options.map((word) => word.split('=', 1)[0]!).find((option) => !known.includes(camelCase(option)))
}

function unknownOption(option: string, argv: readonly string[], program: Argv<GlobalArgs>): UsageError {
  const names = knownOptions(program).filter((name) => name.length > 1)
  const near = /^-v$/i.test(option) && commandName(argv) === undefined ? 'version' : nearest(option.replace(/^-+/, ''), names)
  const hint = near === undefined ? helpHint(argv) : `Did you mean --${near}?`
  return new UsageError('unknown-option', `There is no option ${option}.`, { hint })
}

/** yargs takes each letter behind one dash for an option. */
function unknownLetters(word: string): UsageError {
  const hint = `For a name that begins with a dash write ./${word}, or put it behind --.`
  return new UsageError('unknown-option', `There is no option ${word}.`, { hint })
}

function unknownWord(word: string, argv: readonly string[]): UsageError {
  const name = commandName(argv)
  const [, below] = wordsOf(argv)
  if (name !== undefined && GROUPS[name] !== undefined && word === below) return unknownCommand(`${name} `, word, GROUPS[name], argv)
  return new UsageError('unexpected-argument', `The argument ${word} is one too many.`, { hint: helpHint(argv) })
}

function unknownCommand(group: string, word: string, names: readonly string[], argv: readonly string[]): UsageError {
  const near = nearest(word, names)
  const hint = near === undefined ? helpHint(argv) : `Did you mean 'cairn ${group}${near}'?`
  return new UsageError('unknown-command', `There is no command ${group}${word}.`, { hint })
}

/** yargs says over several lines which value an option cannot have, and which it can. */
function invalidValue(message: string): string | undefined {
  const [, name, given, choices] = /Argument: ([^,]*), Given: "(.*)", Choices: (.*)$/m.exec(message) ?? []
  return name === undefined ? undefined : `'${given}' cannot be the ${name}; it is one of ${choices!.replaceAll('"', '')}.`
}

function helpHint(argv: readonly string[]): string {
  return `See: ${['cairn', ...commandWords(argv), '--help'].join(' ')}`
}

function sentence(message: string): string {
  const first = message.split('\n')[0]!.trim()
  return /[.?!]$/.test(first) ? first : `${first}.`
}
