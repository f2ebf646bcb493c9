// The command line as a whole: which commands there are, and what is refused. Only the module of the command that was named is
// loaded, so that a quick command stays quick.

import yargs, { type Argv } from 'yargs'
import { checkArguments } from './argument-rules.ts'
import { commandName, usualSpelling } from './argv-words.ts'
import { COMMANDS } from './commands.ts'
import { EXITS } from './exit-codes.ts'
import { checkHelpLetters, type KnownSwitches } from './letters.ts'
import { beforeOperands, END_OF_OPTIONS, markOperands, unmarkOperands } from './operands.ts'
import { addGlobalOptions, GLOBAL_VALUE_OPTIONS, type GlobalArgs } from './options.ts'
import type { AnyCommand } from './run.ts'
import { usageError } from './usage-error.ts'
import { toolVersion } from './version.ts'

/** How a shell asks what could come next. */
const COMPLETION = '--get-yargs-completions'

/** Parses a command line and runs its command. @throws {UsageError} when it is wrong. */
export async function runProgram(typed: readonly string[]): Promise<void> {
  const isCompletion = beforeOperands(typed).includes(COMPLETION)
  const argv = isCompletion ? typed : markOperands(usualSpelling(typed))
  if (isCompletion && GLOBAL_VALUE_OPTIONS.includes(typed.at(-2) ?? '')) return // a path: the shell knows them better
  const program = baseProgram(argv)
  if (isCompletion) offerFitting(program, typed.at(-1) ?? '')
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
    .alias('help', 'h')
    .wrap(Math.min(120, process.stdout.columns || 100))
    .strict()
    .demandCommand(1, 'No command was named.')
    .option(END_OF_OPTIONS, { type: 'boolean', hidden: true })
    .middleware(unmarkOperands, true)
    .check((args, options) => {
      checkArguments(args, options as unknown as Parameters<typeof checkArguments>[1], argv)
      return true
    }, true)
    .exitProcess(false)
    .epilogue("A snapshot is named by its id's beginning, latest, latest~2, SERIES, SERIES~1, SERIES@2026-11-20T10:00, or a tag.")
  changeHelp(program, argv)
  return program.fail((message: string | null, error: Error | null | undefined) => {
    if (error && error.name !== 'YError') throw error
    throw usageError(message ?? error?.message ?? '', argv, program)
  })
}

/**
 * yargs draws the help text before every command, in case that it fails: nobody asks for it then, and drawing it takes 20 ms. And it
 * shows the help without a look at the rest of the line.
 */
function changeHelp(program: Argv<GlobalArgs>, argv: readonly string[]): void {
  type Usage = { cacheHelpMessage: () => void; showHelp: (to: unknown) => void }
  type Internals = { getInternalMethods(): { getUsageInstance(): Usage }; getOptions(): KnownSwitches }
  const internals = program as unknown as Internals
  const usage = internals.getInternalMethods().getUsageInstance()
  usage.cacheHelpMessage = () => undefined
  const show = usage.showHelp
  usage.showHelp = (to) => {
    checkHelpLetters(argv, internals.getOptions())
    show(to)
  }
}

/** yargs offers options for every word, so that a shell never comes to files, and letters behind two dashes. */
function offerFitting(program: Argv<GlobalArgs>, word: string): void {
  type Internals = { getInternalMethods(): { getLoggerInstance(): { log: (offered: string) => void } } }
  const logger = (program as unknown as Internals).getInternalMethods().getLoggerInstance()
  const log = logger.log.bind(logger)
  logger.log = (offered) => {
    if (!offered.startsWith('-') || (word.startsWith('-') && !/^--.(:|$)/.test(offered))) log(offered)
  }
}

/** The module of the command that was named; all of them for help, completion, and when there is no such command. */
async function commandsFor(argv: readonly string[]): Promise<AnyCommand[]> {
  const named = COMMANDS[commandName(argv) ?? '']
  const loaders = named === undefined || argv.includes(COMPLETION) ? Object.values(COMMANDS) : [named]
  return (await Promise.all(loaders.map((load) => load()))).map(({ command }) => command)
}
