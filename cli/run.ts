// The frame around every command: options → session → verb → output → exit code. A command says what is its own; the rest stands here.

import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs'
import type { Session } from '../src/control/session/session.ts'
import { CancelledError } from '../src/errors.ts'
import { voidEnd } from '../src/repository/journal/void-end.ts'
import { stopHeapGrowth } from '../src/runtime/heap.ts'
import { EXITS, type ExitName } from './exit-codes.ts'
import { type GlobalArgs, noteOpenSecrets, sessionOptions } from './options.ts'
import { reportError } from './output/error.ts'
import { warnOfVoidEnd } from './output/journal-voids.ts'
import { Output, ReaderGone } from './output/output.ts'
import { printableLine } from './output/path-text.ts'
import { stopSignal } from './signals.ts'

/** What a command works with. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv
  readonly output: Output
  /** Aborts on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
  /** Opens the repository that the options name, once; it is closed when the command ends. */
  readonly openSession: () => Promise<Session>
}

export interface CommandSpec<Args extends GlobalArgs> {
  /** As yargs takes it: `log [series]`. */
  readonly command: string | readonly string[]
  readonly describe: string
  /** A command line and what it does. */
  readonly examples: readonly (readonly [string, string])[]
  /** Exit codes besides those of every command. */
  readonly exits: readonly ExitName[]
  /** More for `--help`, below the options. */
  readonly notes?: string
  /** It only reads the repository: it works where CAIRN_HOME cannot be written, too. */
  readonly reads?: true
  readonly builder: (yargs: Argv<GlobalArgs>) => Argv<Args>
  /** Does the work; its exit is `done` unless it returns another. */
  readonly run: (args: ArgumentsCamelCase<Args>, context: CommandContext) => Promise<ExitName | void>
}

/** A command whatever its own options are. */
export type AnyCommand = CommandModule<GlobalArgs, GlobalArgs>

/** Makes a yargs command of what a command says of itself. */
export function defineCommand<Args extends GlobalArgs>(spec: CommandSpec<Args>): AnyCommand {
  const module: CommandModule<GlobalArgs, Args> = {
    command: spec.command,
    describe: spec.describe,
    builder: (yargs) =>
      spec
        .builder(yargs)
        .example(spec.examples as [string, string][])
        .epilogue(epilogue(spec)),
    handler: async (args: ArgumentsCamelCase<Args>) => {
      process.exitCode = await runCommand(args, spec.reads === true, (context) => spec.run(args, context))
    },
  }
  // yargs calls the handler with what the builder of the same module made, so the two fit each other.
  return module as unknown as AnyCommand
}

/** A command that only holds others: `key`, `journal`. */
export function defineGroup(group: {
  readonly command: string
  readonly describe: string
  readonly examples: readonly (readonly [string, string])[]
  readonly commands: readonly AnyCommand[]
}): AnyCommand {
  return {
    command: group.command,
    describe: group.describe,
    builder: (yargs) =>
      yargs
        .command([...group.commands])
        .example(group.examples as [string, string][])
        .demandCommand(1, `Which command of '${group.command}'? None was named.`),
    handler: () => undefined,
  }
}

async function runCommand(args: GlobalArgs, reads: boolean, run: (context: CommandContext) => Promise<ExitName | void>): Promise<number> {
  const output = new Output(args)
  const { signal, release } = stopSignal()
  const sessions: Session[] = []
  const openSession = async (): Promise<Session> => {
    const { Session: Sessions } = await import('../src/control/session/session.ts')
    stopHeapGrowth() // now that the modules are loaded: less would slow that down
    const { noteOpenPlaces } = await import('./open-places.ts')
    noteOpenSecrets([args.passphraseFile, args.recoveryCodeFile], output)
    if (sessions.length === 0) sessions.push(await Sessions.open({ ...sessionOptions(args, process.env), reads }))
    const [session] = sessions as [Session]
    noteOpenPlaces(session.home, output)
    warnOfVoidEnd(output, voidEnd(session.repository.journal.state))
    return session
  }
  try {
    const exit = await run({ env: process.env, output, signal, openSession })
    await sessions[0]?.close()
    noteForgotten(sessions[0], output)
    return EXITS[exit ?? 'done'][0]
  } catch (error) {
    output.progress.clear()
    await closeQuietly(sessions[0])
    if (error instanceof ReaderGone) return EXITS.done[0]
    return reportError(signal.aborted ? cancelled(error) : error, { json: args.json })
  } finally {
    release()
  }
}

/** Without a pin nobody notices that the repository is older the next time. */
function noteForgotten(session: Session | undefined, output: Output): void {
  const forgets = session?.catalog.forgets
  if (forgets !== undefined)
    output.warning(`What was seen here is not remembered, so a rollback to before it would go unnoticed: ${printableLine(forgets.message)}`)
}

/** The command has failed already, and that error is the one to report. */
async function closeQuietly(session: Session | undefined): Promise<void> {
  try {
    await session?.close()
  } catch {
    // see above
  }
}

function cancelled(error: unknown): unknown {
  return error instanceof CancelledError ? error : new CancelledError('cancelled', 'Cancelled.', { cause: error })
}

function epilogue({ notes, exits }: Pick<CommandSpec<GlobalArgs>, 'notes' | 'exits'>): string {
  const names = new Set<ExitName>(['done', 'usage', ...exits, 'bug', 'cancelled'])
  const codes = (Object.keys(EXITS) as ExitName[]).filter((name) => names.has(name))
  const lines = codes.map((name) => `  ${String(EXITS[name][0]).padStart(3)}  ${EXITS[name][1]}`)
  return `${notes === undefined ? '' : `${notes}\n\n`}Exit codes:\n${lines.join('\n')}`
}
