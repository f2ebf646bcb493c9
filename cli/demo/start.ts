// `npm start`: the main job on a sample, by the real program as a subprocess: init, commit, change, commit, log, diff, verify,
// restore into a fresh directory, comparison. Ends with a non-zero exit code on any difference.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { findPackageJSON } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { monotonicMs } from '../../src/runtime/clock.ts'
import { bold, colour, dim, humanBytes, humanDuration } from '../output/human.ts'
import { compareTrees } from './compare.ts'
import { changeSample, makeSample } from './sample.ts'

// The launcher belongs to the package, whether this file runs as it is or was compiled into dist/.
const LAUNCHER = path.join(path.dirname(findPackageJSON('.', import.meta.url)!), 'bin/cairn.js')

const place = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-demo-'))
const sample = path.join(place, 'sample')
const restored = path.join(place, 'restored')
const env = { CAIRN_HOME: path.join(place, 'home'), CAIRN_REPO: path.join(place, 'repository') }
const figures: [string, string][] = []

fs.mkdirSync(sample)
makeSample(sample)
say(`A sample of ${fs.readdirSync(sample, { recursive: true }).length} entries, ${humanBytes(sizeOf(sample))}, is in ${sample}`)
cairn('init', '--name', 'demo')
cairn('commit', sample, '--name', 'demo', '-m', 'the first snapshot')
changeSample(sample)
say('Seven files changed, one came, one went, one moved, one has another mode.')
cairn('commit', sample, '--name', 'demo', '-m', 'after a day of work')
cairn('log')
cairn('diff', 'demo~1', 'demo')
cairn('verify', '--data')
cairn('restore', 'latest', '--to', restored)
finish()

/** Runs the program as a person would, and ends the demo when it fails. */
function cairn(...args: string[]): void {
  process.stdout.write(`\n${bold(`$ cairn ${args.map(quoted).join(' ')}`)}\n`)
  const startedMs = monotonicMs()
  const { status } = spawnSync(process.execPath, [LAUNCHER, ...args], { stdio: 'inherit', env: { ...process.env, ...env } })
  const duration = humanDuration(monotonicMs() - startedMs)
  figures.push([`cairn ${args[0]}`, duration])
  process.stdout.write(`${dim(`(${duration}, with the start of the program)`)}\n`)
  if (status === 0) return
  say(colour('red', `cairn ${args[0]} ended with exit code ${status}. What it made is in ${place}`))
  process.exit(status ?? 70)
}

function finish(): void {
  const { entries, differences } = compareTrees(sample, restored)
  const stored = sizeOf(env.CAIRN_REPO)
  figures.push(['sample', humanBytes(sizeOf(sample))], ['repository, both snapshots', humanBytes(stored)])
  say(bold('Figures'))
  for (const [name, figure] of figures) process.stdout.write(`  ${name.padEnd(28)} ${figure}\n`)
  if (differences.length > 0) {
    say(colour('red', `${differences.length} differences between the sample and what was restored:`))
    for (const difference of differences) process.stdout.write(`  ${difference}\n`)
    process.exitCode = 1
    return
  }
  say(colour('green', `All ${entries} entries were restored as they were: names, modes, owners, times, links, and every byte.`))
  sayNext()
}

function sayNext(): void {
  say(bold('Try next'))
  const lines = [
    `export CAIRN_HOME=${env.CAIRN_HOME} CAIRN_REPO=${env.CAIRN_REPO}`,
    'npx cairn ls demo:shop -l',
    'npx cairn cat demo~1:shop/src/module-0.ts | head -3',
    'npx cairn find --all-snapshots "*.yaml"',
    'npx cairn stats latest --by-directory',
    'npx cairn --help',
    `rm -r ${place}    # when you are done`,
  ]
  for (const line of lines) process.stdout.write(`  ${line}\n`)
}

function say(text: string): void {
  process.stdout.write(`\n${text}\n`)
}

function quoted(argument: string): string {
  return /^[\w./~:=-]+$/.test(argument) ? argument : `"${argument}"`
}

/** Bytes of all files below a directory; each inode counts once. */
function sizeOf(directory: string): number {
  const seen = new Set<bigint>()
  let bytes = 0
  for (const name of fs.readdirSync(directory, { recursive: true })) {
    const stat = fs.lstatSync(path.join(directory, String(name)), { bigint: true })
    if (!stat.isFile() || seen.has(stat.ino)) continue
    seen.add(stat.ino)
    bytes += Number(stat.size)
  }
  return bytes
}
