// The command line that both benches share: lists of names, counts, sizes, and where to work.

import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9 }

/** Parses `--name value` options, all of them texts; refuses unknown ones and ends after `--help`. */
export function readOptions<Name extends string>(help: string, defaults: Readonly<Record<Name, string>>): Record<Name, string> {
  const names = Object.keys(defaults) as Name[]
  const options = Object.fromEntries([...names.map((name) => [name, { type: 'string' }]), ['help', { type: 'boolean' }]]) as Record<
    string,
    { type: 'string' }
  >
  const values = parse(options)
  if (values['help'] !== undefined) {
    process.stdout.write(`${help.trim()}\n`)
    process.exit(0)
  }
  return { ...defaults, ...values }
}

function parse(options: Record<string, { type: 'string' }>): Record<string, string | undefined> {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error))
  }
}

/** Defaults of the options that every bench has; `name` keeps their scratch folders apart. */
export function commonDefaults(name: string): { out: string; scratch: string; peers: string } {
  return {
    out: join(import.meta.dirname, 'RESULTS.md'),
    scratch: join(tmpdir(), `cairn-bench-${name}`),
    peers: process.env['CAIRN_PEERS'] ?? '/opt/peers',
  }
}

/** A comma-separated list of allowed names. */
export function parseNames<Name extends string>(text: string, allowed: readonly Name[], option: string): Name[] {
  return text.split(',').map((part) => {
    const name = allowed.find((candidate) => candidate === part.trim())
    if (name === undefined) fail(`--${option}: ${part} is none of ${allowed.join(', ')}`)
    return name
  })
}

export function parseCount(text: string, option: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) fail(`--${option}: ${text} is not a whole number from 1`)
  return value
}

/** A number of bytes: `4G`, `50M`, `3000` (decimal units). */
export function parseSize(text: string, option: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([KMG]?)$/.exec(text) ?? fail(`--${option}: ${text} is not a size like 4G or 50M`)
  return Number(digits) * (SIZE_UNITS[unit] ?? 1)
}

/** A folder of our own below the one that was named: what is removed afterwards holds nothing of anybody else. */
export function scratchFolder(path: string): string {
  return join(resolve(path), 'scratch')
}

export function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}
