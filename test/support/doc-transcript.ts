// The commands of a document as blocks, their run in one shell on a scratch machine, and the comparison of what was printed with
// what the document says. CONTRIBUTING.md has the convention.

import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { SETUPS } from './doc-setups.ts'

const ROOT = path.join(import.meta.dirname, '../..')

export interface DocBlock {
  /** Of the opening fence, from 1. */
  readonly line: number
  readonly commands: string
  readonly setup: string | undefined
  readonly exitCode: number
  /** Lines that must appear; undefined when the document shows none. */
  readonly output: readonly string[] | undefined
}

export interface BlockResult {
  /** False when the shell stopped at an earlier block. */
  readonly ran: boolean
  readonly passed: boolean
  readonly output: string
}

const FENCE = /^```(.*)\n([\s\S]*?)^```$/gm

/** The blocks marked `sh test`, each with the `text output` behind it. */
export function docBlocks(markdown: string): DocBlock[] {
  const fences = [...markdown.matchAll(FENCE)].map(({ 1: info, 2: body, index }) => ({ info: info!, body: body!, index }))
  return fences.flatMap(({ info, body, index }, at) => {
    const [, options] = /^sh test\b(.*)$/.exec(info) ?? []
    if (options === undefined) return []
    const next = fences[at + 1]
    return {
      line: markdown.slice(0, index).split('\n').length,
      commands: body,
      setup: /\bsetup=(\S+)/.exec(options)?.[1],
      exitCode: Number(/\bexit=(\d+)/.exec(options)?.[1] ?? 0),
      output: next?.info === 'text output' ? next.body.trimEnd().split('\n') : undefined,
    }
  })
}

/** Runs all blocks in one shell, in order; it stops at the first that fails. */
export async function runBlocks(blocks: readonly DocBlock[]): Promise<BlockResult[]> {
  const machine = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-docs-'))
  try {
    const places = standIns(machine)
    const script = places.reduce((text, [shown, real]) => text.replaceAll(shown, real), scriptOf(blocks))
    const printed = await bash(script, machine)
    const output = places.reduce((text, [shown, real]) => text.replaceAll(real, shown), printed)
    return blocks.map((_, number) => resultOf(output, number))
  } finally {
    fs.rmSync(machine, { recursive: true, force: true })
  }
}

function scriptOf(blocks: readonly DocBlock[]): string {
  const parts = blocks.map(({ commands, setup, exitCode }, number) => {
    const prepared = setup === undefined ? '' : `{ ${SETUPS[setup] ?? `echo no setup ${setup}; false`}\n} >&4 2>&4\n`
    const run = exitCode === 0 ? commands : `set +e\n( set -e\n${commands})\n[ $? = ${exitCode} ] || exit 1\nset -e\n`
    return `${prepared}echo '@@begin ${number}@@'\n${run}echo '@@end ${number}@@'\n`
  })
  // What a setup prints does not belong to the document; when it fails, it is what there is to see.
  return `exec 2>&1 4>"$SETUP_LOG"\nset -euo pipefail\n${parts.join('')}`
}

function resultOf(output: string, number: number): BlockResult {
  const [, text] = output.split(`@@begin ${number}@@\n`)
  if (text === undefined) return { ran: false, passed: false, output: output.slice(-4000) }
  const [own, rest] = text.split(`@@end ${number}@@\n`)
  return { ran: true, passed: rest !== undefined, output: own! }
}

/** What the documents call by another name. */
function standIns(machine: string): [shown: string, real: string][] {
  const home = path.join(machine, 'home/ada')
  const disk = path.join(machine, 'mnt/backup')
  for (const each of [home, disk, path.join(machine, 'bin')]) fs.mkdirSync(each, { recursive: true })
  fs.symlinkSync(ROOT, path.join(home, 'cairn'))
  fs.symlinkSync(process.execPath, path.join(machine, 'bin/node'))
  const launcher = `#!/bin/sh\nexec '${process.execPath}' '${path.join(ROOT, 'bin/cairn.js')}' "$@"\n`
  fs.writeFileSync(path.join(machine, 'bin/cairn'), launcher, { mode: 0o755 })
  return [
    ['/home/ada', home],
    ['/mnt/backup', disk],
  ]
}

async function bash(script: string, machine: string): Promise<string> {
  const home = path.join(machine, 'home/ada')
  const setups = path.join(machine, 'setups.txt')
  const env = { HOME: home, PATH: `${path.join(machine, 'bin')}:${process.env['PATH']}`, LC_ALL: 'C', TZ: 'UTC', SETUP_LOG: setups }
  return new Promise((resolve) => {
    execFile('bash', ['-c', script], { cwd: home, env, maxBuffer: 64 << 20 }, (_, stdout, stderr) => {
      resolve(stdout + stderr + (fs.existsSync(setups) ? `@@setups@@\n${fs.readFileSync(setups, 'utf8')}` : ''))
    })
  })
}

/** The documented lines that did not appear, in order, in what was printed. */
export function missingLines(documented: readonly string[], printed: string): string[] {
  const lines = printed.split('\n').map(masked)
  let at = 0
  return documented.filter((line) => {
    const pattern = patternOf(line)
    const found = lines.findIndex((each, index) => index >= at && pattern.test(each))
    if (found === -1) return true
    at = found + 1
    return false
  })
}

function patternOf(line: string): RegExp {
  const literal = line.split('…').map((part) => masked(part).replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${literal.join('.*')}$`)
}

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UUID'],
  [/\b([0-9A-Z]{4}-){12}[0-9A-Z]{4}\b/g, 'CODE'],
  [/\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?Z?/g, 'TIME'],
  [/\b\d{8}T\d{6}(\.\d+)?Z?/g, 'TIME'],
  [/\b[0-9a-f]{8,64}\b/g, 'ID'],
  [/\b\d+(\.\d+)? (ms|s|min|h|days?)\b/g, 'DURATION'],
  [/\b\d[\d.,]* (B|KiB|MiB|GiB)\b/g, 'SIZE'],
  [/\bdigest( [a-z]+){6}/g, 'digest WORDS'],
  [/\s+/g, ' '],
]

/** A line without what differs between two runs. */
function masked(line: string): string {
  return MASKS.reduce((text, [pattern, name]) => text.replace(pattern, name), line).trim()
}
