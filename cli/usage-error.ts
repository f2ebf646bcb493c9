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
  if (unknown === undefined) {
    const text = invalidValue(message) ?? missing(message, argv, program) ?? sentence(message)
    return new UsageError('usage', text, { hint: helpHint(argv) })
  }
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

/** What is missing, in the words of the help text. */
function missing(message: string, argv: readonly string[], program: Argv<GlobalArgs>): string | undefined {
  const options = /^Missing required arguments?: (.*)$/m.exec(message)?.[1]?.split(', ')
  if (options !== undefined) return `${options.map((name) => `--${name}`).join(', ')} ${options.length === 1 ? 'is' : 'are'} missing.`
  const bare = /^Not enough arguments following: (.*)$/m.exec(message)?.[1]
  if (bare !== undefined) return `The option ${typedOption(bare, argv)} has no value.`
  const given = /^Not enough non-option arguments: got (\d+)/m.exec(message)?.[1]
  const operand = given === undefined ? undefined : operands(program)[Number(given)]
  return operand === undefined ? undefined : `The argument <${operand}> is missing.`
}

function typedOption(name: string, argv: readonly string[]): string {
  const typed = beforeOperands(argv).map((word) => word.split('=', 1)[0]!)
  return typed.find((word) => word.startsWith('-') && camelCase(word) === camelCase(name)) ?? `${name.length === 1 ? '-' : '--'}${name}`
}

/** What the command that failed has to be given, as `diff <before> <after>` says. */
function operands(program: Argv<GlobalArgs>): string[] {
  type Internals = { getInternalMethods(): { getContext(): { readonly fullCommands: readonly string[] } } }
  const { fullCommands } = (program as unknown as Internals).getInternalMethods().getContext()
  return [...(fullCommands.at(-1) ?? '').matchAll(/<([^>]+)>/g)].map(([, name]) => name!)
}

function helpHint(argv: readonly string[]): string {
  return `See: ${['cairn', ...commandWords(argv), '--help'].join(' ')}`
}

function sentence(message: string): string {
  const first = message.split('\n')[0]!.trim()
  return /[.?!]$/.test(first) ? first : `${first}.`
}
