// The options that every command has, and the session that they describe.

import type { Argv, Options } from 'yargs'
import { readNamedFile, SECRET_FILE_BYTES } from '../src/control/session/named-file.ts'
import type { SessionOptions } from '../src/control/session/session.ts'
import { UsageError } from '../src/errors.ts'
import type { Output } from './output/output.ts'
import { printableLine } from './output/path-text.ts'
import { placeAt } from './place.ts'

export interface GlobalArgs {
  readonly repo: string | undefined
  readonly identity: string | undefined
  readonly passphraseFile: string | undefined
  readonly recoveryCodeFile: string | undefined
  readonly json: boolean
  readonly quiet: boolean
}

const GROUP = 'Every command:'

const GLOBAL_OPTIONS = {
  repo: { type: 'string', requiresArg: true, describe: 'where the repository is: a path or file:///path (CAIRN_REPO)' },
  identity: { type: 'string', requiresArg: true, describe: "identity file, when it is not this user's own (CAIRN_IDENTITY)" },
  'passphrase-file': { type: 'string', requiresArg: true, describe: 'file with the passphrase (CAIRN_PASSPHRASE holds one itself)' },
  'recovery-code-file': {
    type: 'string',
    requiresArg: true,
    describe: 'file with the recovery code, which opens the repository (init writes the new code into it)',
  },
  json: { type: 'boolean', default: false, describe: 'JSON for programs: one object, or one a line' },
  quiet: {
    type: 'boolean',
    alias: 'q',
    default: false,
    describe: 'no progress, no remarks, no word of success; problems, errors and what was asked for are still told',
  },
} as const satisfies Record<string, Options>

/** Options that take a value: what follows them on a command line is no command. */
export const GLOBAL_VALUE_OPTIONS: readonly string[] = ['--repo', '--identity', '--passphrase-file', '--recovery-code-file']

/** Adds the options that every command has. */
export function addGlobalOptions(yargs: Argv): Argv<GlobalArgs> {
  const options = Object.entries(GLOBAL_OPTIONS).map(([name, option]) => [name, { ...option, group: GROUP }])
  return yargs.options(Object.fromEntries(options) as typeof GLOBAL_OPTIONS).group('version', GROUP) as unknown as Argv<GlobalArgs>
}

/** What the options and the environment say about which repository and which key. */
export function sessionOptions(args: GlobalArgs, env: NodeJS.ProcessEnv): SessionOptions {
  const { repo, identity, passphraseFile, recoveryCodeFile } = args
  assertOneKey({ identity, 'passphrase-file': passphraseFile, 'recovery-code-file': recoveryCodeFile })
  const recoveryCode = recoveryCodeFile === undefined ? undefined : readRecoveryCode(recoveryCodeFile)
  return { repo, identityFile: identity, passphraseFile, recoveryCode, env }
}

/** Of two keys only one would be tried: which, is not for the program to choose. */
function assertOneKey(given: Readonly<Record<string, string | undefined>>): void {
  const [first, second] = Object.keys(given).filter((name) => given[name] !== undefined)
  if (second === undefined) return
  throw new UsageError('two-keys', `--${first} and --${second} each name a key, and one opens the repository.`, {
    hint: 'Give one of them.',
  })
}

/** Says which of these files with secrets others than their owner may read. */
export function noteOpenSecrets(files: readonly (string | undefined)[], output: Output): void {
  for (const file of files) {
    if (file !== undefined && isOpenFile(file))
      output.note(printableLine(`Others can read the secret in ${file}. Close it: chmod 600 ${file}`))
  }
}

function isOpenFile(file: string): boolean {
  const found = placeAt(file)
  return found?.isDirectory() === false && (found.mode & 0o077) !== 0
}

function readRecoveryCode(file: string): string {
  const subject = `The file ${file} with the recovery code`
  return readNamedFile(file, { subject, code: 'secret-file', mostBytes: SECRET_FILE_BYTES }).trim()
}
