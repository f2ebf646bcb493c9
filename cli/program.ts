// The command line as a whole: which commands there are, and what is refused. Only the module of the command that was named is
// loaded, so that a quick command stays quick.

import yargs, { type Argv } from 'yargs'
import { UsageError } from '../src/errors.ts'
import { COMMANDS } from './commands.ts'
import { EXITS } from './exit-codes.ts'
import { addGlobalOptions, GLOBAL_VALUE_OPTIONS, type GlobalArgs } from './options.ts'
import type { AnyCommand } from './run.ts'
import { nearest } from './suggest.ts'
import { toolVersion } from './version.ts'

/** Parses a command line and runs its command. @throws {UsageError} when it is wrong. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  const program = baseProgram(argv)
  for (const command of await commandsFor(argv)) program.command(command)
  if (argv.length === 0) {
    process.stderr.write(`${await program.getHelp()}\n`)
    process.exitCode = EXITS.usage[0]
    return
  }
  await program.parseAsync([...argv])
}

function baseProgram(argv: readonly string[]): Argv<GlobalArgs> {
  const program = addGlobalOptions(yargs().locale('en').scriptName('cairn').group('help', 'Options:'))
    .usage('Cairn: a Git-like, content-addressed backup repository.\n\nUsage: $0 COMMAND [OPTIONS]')
    .parserConfiguration({
      'boolean-negation': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-positional-numbers': false,
      'strip-dashed': true,
    })
    .version(toolVersion())
    .help()
    .wrap(Math.min(120, process.stdout.columns || 100))
    .strict()
    .demandCommand(1, 'No command was named.')
    .check(refuseRepeated, true)
    .exitProcess(false)
    .epilogue("A snapshot is named by its id's beginning, latest, latest~2, SERIES, SERIES~1, SERIES@2026-11-20T10:00, or a tag.")
  skipHelpDrawing(program)
  return program.fail((message: string | null, error: Error | null | undefined) => {
    if (error && error.name !== 'YError') throw error
    throw usageError(message ?? error?.message ?? '', argv, program)
  })
}

/** yargs draws the help text before every command, in case that it fails. Nobody asks for it then, and drawing it takes 20 ms. */
function skipHelpDrawing(program: Argv<GlobalArgs>): void {
  type Internals = { getInternalMethods(): { getUsageInstance(): { cacheHelpMessage: () => void } } }
  ;(program as unknown as Internals).getInternalMethods().getUsageInstance().cacheHelpMessage = () => undefined
}

/** The module of the command that was named; all of them for help, completion, and when there is no such command. */
async function commandsFor(argv: readonly string[]): Promise<AnyCommand[]> {
  const named = COMMANDS[commandName(argv) ?? '']
  const loaders = named === undefined || argv.includes('--get-yargs-completions') ? Object.values(COMMANDS) : [named]
  return (await Promise.all(loaders.map((load) => load()))).map(({ command }) => command)
}

function commandName(argv: readonly string[]): string | undefined {
  const word = firstWord(argv)
  return word !== undefined && Object.hasOwn(COMMANDS, word) ? word : undefined
}

/** The first word that is neither an option nor the value of one: the command, or what stands in its place. */
function firstWord(argv: readonly string[]): string | undefined {
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!
    if (GLOBAL_VALUE_OPTIONS.includes(word)) at++
    else if (!word.startsWith('-')) return word
  }
  return undefined
}

/** An option that takes one value and was given two would leave open which of them counts. */
function refuseRepeated(args: Readonly<Record<string, unknown>>, options: unknown): true {
  const array = (options as { array: string[] }).array.map(camelCase)
  for (const [name, value] of Object.entries(args)) {
    if (name === '_' || !Array.isArray(value) || array.includes(name)) continue
    throw new UsageError('option-repeated', `The option --${name} was given more than once.`, { hint: 'Give it once.' })
  }
  return true
}

function usageError(message: string, argv: readonly string[], program: Argv<GlobalArgs>): UsageError {
  const word = firstWord(argv)
  if (word !== undefined && !Object.hasOwn(COMMANDS, word)) return unknownWord(word, argv)
  const unknown = /^Unknown (?:argument|command)s?: (.*)$/.exec(message)?.[1]?.split(', ')
  if (unknown === undefined) return new UsageError('usage', invalidValue(message) ?? sentence(message), { hint: helpHint(argv) })
  const name = unknown[0]!
  // yargs names an unknown option in camel case, and without its dashes.
  const option = argv.map((word) => word.split('=', 1)[0]!).find((word) => word.startsWith('-') && camelCase(word) === camelCase(name))
  return option === undefined ? unknownWord(name, argv) : unknownOption(option, argv, program)
}

function unknownOption(option: string, argv: readonly string[], program: Argv<GlobalArgs>): UsageError {
  const known = (program as unknown as { getOptions(): { key: Record<string, unknown> } }).getOptions().key
  const names = Object.keys(known).filter((name) => name.length > 1)
  const near = nearest(option.replace(/^-+/, ''), names)
  const hint = near === undefined ? helpHint(argv) : `Did you mean --${near}?`
  return new UsageError('unknown-option', `There is no option ${option}.`, { hint })
}

function unknownWord(word: string, argv: readonly string[]): UsageError {
  if (commandName(argv) !== undefined) {
    return new UsageError('unexpected-argument', `The argument ${word} is one too many.`, { hint: helpHint(argv) })
  }
  const near = nearest(word, Object.keys(COMMANDS))
  const hint = near === undefined ? helpHint(argv) : `Did you mean 'cairn ${near}'?`
  return new UsageError('unknown-command', `There is no command ${word}.`, { hint })
}

function camelCase(option: string): string {
  return option.replace(/^-+/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function helpHint(argv: readonly string[]): string {
  const name = commandName(argv)
  return `See: cairn ${name === undefined ? '' : `${name} `}--help`
}

/** yargs says over several lines which value an option cannot have, and which it can. */
function invalidValue(message: string): string | undefined {
  const [, name, given, choices] = /Argument: ([^,]*), Given: "(.*)", Choices: (.*)$/m.exec(message) ?? []
  return name === undefined ? undefined : `'${given}' cannot be the ${name}; it is one of ${choices!.replaceAll('"', '')}.`
}

function sentence(message: string): string {
  const first = message.split('\n')[0]!.trim()
  return /[.?!]$/.test(first) || first.includes('--help') ? first : `${first}.`
}
