// Runs commands for the benches and says what they cost: wall time, CPU of all processes, peak memory of the largest one. Linux only,
// since the figures come from getrusage(2) and /proc.

import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Command, MeasuredRun, Measurement } from './command.ts'

const RUNNER = join(import.meta.dirname, 'run-measured.ts')
const KEPT_OUTPUT_CHARS = 2000

/** A measured program did not end with exit code 0. */
export class CommandFailedError extends Error {
  override readonly name = 'CommandFailedError'
  readonly exitCode: number | null

  constructor(command: Command, exitCode: number | null, output: string) {
    super(
      `${[command.file, ...command.args].join(' ')} ended with ${exitCode ?? 'no exit code'}: ${output.slice(-KEPT_OUTPUT_CHARS).trim()}`,
    )
    this.exitCode = exitCode
  }
}

/**
 * Runs a command to its end with no terminal, its output in a file.
 * @throws {CommandFailedError} when it cannot be started or its exit code is not 0.
 */
export async function measure(command: Command): Promise<Measurement> {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-measure-'))
  const outputPath = join(directory, 'output')
  try {
    const report = await runMeasured(command, outputPath)
    const run = report === '' ? undefined : (JSON.parse(report) as MeasuredRun)
    if (run?.exitCode !== 0) throw new CommandFailedError(command, run?.exitCode ?? null, readFileSync(outputPath, 'utf8'))
    return { wallSeconds: run.wallSeconds, cpuSeconds: run.cpuSeconds, peakBytes: run.peakBytes }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Lets everything written so far reach the disk, so that no program pays for the writes of the one before it. */
export function settleDisk(): void {
  spawnSync('sync')
}

/** The first line that a program prints for its version, or `undefined` when it does not run. */
export function versionLine(command: Command): string | undefined {
  const { status, stdout } = spawnSync(command.file, [...command.args], { cwd: command.cwd, env: environment(command), encoding: 'utf8' })
  return status === 0 ? stdout.trim().split('\n')[0] : undefined
}

async function runMeasured(command: Command, outputPath: string): Promise<string> {
  const output = openSync(outputPath, 'w')
  const job = JSON.stringify({ ...command, env: environment(command) })
  const runner = spawn(process.execPath, [RUNNER, job], { stdio: ['ignore', output, output, 'pipe'] })
  closeSync(output)
  const ended = new Promise<void>((resolve, reject) => runner.on('error', reject).on('exit', () => resolve()))
  const [report] = await Promise.all([text(runner.stdio[3] as Readable), ended])
  return report
}

function environment(command: Command): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', ...command.env }
}
