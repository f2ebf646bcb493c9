// Errors: for people a line and a hint on stderr, for programs one object on stdout.

import { styleText } from 'node:util'
import { exitCodeOf, isCairnError } from '../exit-codes.ts'
import { jsonText } from './json.ts'
import { printableLine } from './path-text.ts'

/** Reports why a command ended; returns its exit code. */
export function reportError(error: unknown, options: { readonly json: boolean }): number {
  const exitCode = exitCodeOf(error)
  if (options.json) process.stdout.write(`${jsonText({ error: { ...facts(error), exitCode } })}\n`)
  else process.stderr.write(humanError(error))
  return exitCode
}

function facts(error: unknown): object {
  if (!isCairnError(error)) return { name: 'Bug', code: 'bug', message: messageOf(error), stack: (error as Error | undefined)?.stack }
  const { name, code, message, hint } = error
  return { name, code, message, hint: hint ?? null, fields: 'fields' in error ? error.fields : {} }
}

function humanError(error: unknown): string {
  const stop = isCairnError(error) && error.name === 'StopError' ? `STOP ${error.code}: ` : ''
  const first = `${styleText('red', 'cairn:', { stream: process.stderr })} ${stop}${printableLine(messageOf(error))}\n`
  if (!isCairnError(error)) return `${first}${stackOf(error)}This is a defect of the program. Please report it with the lines above.\n`
  return error.hint === undefined ? first : `${first}  ${printableLine(error.hint)}\n`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function stackOf(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined
  return stack === undefined ? '' : `${stack.split('\n').slice(1).join('\n')}\n`
}
