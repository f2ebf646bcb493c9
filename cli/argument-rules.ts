// What is refused of values whatever the command: an option given twice, a switch that is neither on nor off, a name, path or pattern
// that is empty (it would mean the current directory, or nothing) or longer than the system takes.

import path from 'node:path'
import { UsageError } from '../src/errors.ts'
import { beforeOperands } from './operands.ts'
import { cut } from './output/path-text.ts'
import { camelCase } from './usage-error.ts'

/** Free texts: the others that are no switches are names, paths and patterns. */
const TEXTS = new Set('message reason source environment requestId applicationVersion storageSpecVersion tag _ $0'.split(' '))

const PATHS = new Set(['path', 'repo', 'to', 'output', 'target', 'identity', 'newIdentity', 'excludeFile'])
/** Of these, those that may be a directory. */
const DIRECTORIES = new Set(['path', 'repo', 'to', 'target', 'after'])
const LONGEST_NAME_BYTES = 255
const LONGEST_PATH_BYTES = 4095

/** What yargs knows of the options. */
interface KnownOptions {
  readonly array: readonly string[]
  readonly boolean: readonly string[]
}

/** Holds the arguments of a command line against the rules of all commands. @throws {UsageError} */
export function checkArguments(args: Readonly<Record<string, unknown>>, options: KnownOptions, argv: readonly string[]): void {
  checkSwitches(options, argv)
  checkRepeated(args, options, argv)
  for (const [name, value] of Object.entries(args)) {
    // yargs gives each option in all its spellings.
    if (TEXTS.has(name) || name.includes('-') || name.length === 1) continue
    for (const each of [value].flat()) if (typeof each === 'string') checkName(asTyped(name, argv), each, name)
  }
}

function checkName(shown: string, value: string, name: string): void {
  if (value === '')
    throw new UsageError('empty-argument', `The value of ${shown} is empty.`, {
      hint: `Is a variable of the shell not set?${DIRECTORIES.has(name) ? ' For the current directory write a dot.' : ''}`,
    })
  if (isPath(name) && isTooLong(value))
    throw new UsageError('path-too-long', `The path given as ${shown} is longer than the system takes: ${cut(value, 80)}`, {
      hint: `A name has at most ${LONGEST_NAME_BYTES} bytes, a path ${LONGEST_PATH_BYTES}.`,
    })
}

function isPath(name: string): boolean {
  return PATHS.has(name) || name.endsWith('File')
}

function isTooLong(value: string): boolean {
  const names = value.split('/').map((name) => Buffer.byteLength(name))
  return names.some((bytes) => bytes > LONGEST_NAME_BYTES) || Buffer.byteLength(path.resolve(value)) > LONGEST_PATH_BYTES
}

/** `--json=maybe` is no yes and no no. */
function checkSwitches({ boolean }: KnownOptions, argv: readonly string[]): void {
  const switches = boolean.map((name) => camelCase(name))
  for (const word of beforeOperands(argv)) {
    const [, option, value = ''] = /^(--?[^=]+)=(.*)$/s.exec(word) ?? []
    if (option === undefined || !switches.includes(camelCase(option)) || /^(true|false)$/.test(value)) continue
    throw new UsageError('switch-value', `'${cut(value, 40)}' is no value of ${option}.`, {
      hint: `Write ${option} alone, or ${option}=true or ${option}=false.`,
    })
  }
}

/** An option that takes one value and was given two would leave open which of them counts. */
function checkRepeated(args: Readonly<Record<string, unknown>>, options: KnownOptions, argv: readonly string[]): void {
  const array = options.array.map(camelCase)
  for (const [name, value] of Object.entries(args)) {
    if (name === '_' || !Array.isArray(value) || array.includes(name)) continue
    const shown = asTyped(name, argv)
    const option = shown === name ? `${name.length === 1 ? '-' : '--'}${name}` : shown
    throw new UsageError('option-repeated', `The option ${option} was given more than once.`, { hint: 'Give it once.' })
  }
}

/** The option as it was typed; an argument that is no option by its name in the help text. */
function asTyped(name: string, argv: readonly string[]): string {
  const options = beforeOperands(argv).filter((word) => word.startsWith('-'))
  return options.map((word) => word.split('=', 1)[0]!).find((option) => camelCase(option) === name) ?? name
}
