// Child of measure.ts: runs one command and prints its cost as JSON on descriptor 3. It is a process of its own because the kernel sums
// up the children of a process, so nothing else may have been its child.

import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeSync } from 'node:fs'
import koffi from 'koffi'
import { monotonicMs } from '../src/runtime/clock.ts'
import type { Command, MeasuredRun } from './command.ts'

const RUSAGE_CHILDREN = -1
const FIRST_SAMPLE_MS = 4
const LAST_SAMPLE_MS = 200

interface Timeval {
  readonly seconds: number
  readonly microseconds: number
}
interface ResourceUsage {
  readonly user: Timeval
  readonly system: Timeval
  readonly maxResidentKiB: number
}

const timeval = koffi.struct({ seconds: 'int64_t', microseconds: 'int64_t' })
const resourceUsage = koffi.struct({ user: timeval, system: timeval, maxResidentKiB: 'int64_t', unused: koffi.array('int64_t', 13) })
const getrusage = koffi.load(null).func('getrusage', 'int', ['int', koffi.out(koffi.pointer(resourceUsage))])

const command = JSON.parse(process.argv[2] ?? '') as Command
const started = monotonicMs()
const child = spawn(command.file, command.args, { cwd: command.cwd, env: command.env, stdio: ['ignore', 'inherit', 'inherit'] })
// At exec the kernel charges the new process with the memory of the one that started it, which is this one: a smaller peak than ours
// does not show in ru_maxrss and is sampled instead.
const inheritedKiB = peakKiB(process.pid)
let sampledKiB = 0
let timer = setTimeout(samplePeak, FIRST_SAMPLE_MS, FIRST_SAMPLE_MS)
child.on('error', (error) => {
  clearTimeout(timer)
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
})
child.on('exit', (exitCode, signal) => {
  clearTimeout(timer)
  const wallSeconds = (monotonicMs() - started) / 1000
  const usage = childrenUsage()
  const trueKiB = usage.maxResidentKiB > inheritedKiB || sampledKiB === 0 ? usage.maxResidentKiB : sampledKiB
  const run: MeasuredRun = {
    wallSeconds,
    cpuSeconds: toSeconds(usage.user) + toSeconds(usage.system),
    peakBytes: trueKiB * 1024,
    exitCode,
    signal,
  }
  writeSync(3, JSON.stringify(run))
})

/** Ever more rarely, and not at all once the program is larger than this process: from then on ru_maxrss is exact. */
function samplePeak(waitedMs: number): void {
  for (const pid of descendants()) sampledKiB = Math.max(sampledKiB, peakKiB(pid))
  const nextMs = Math.min(LAST_SAMPLE_MS, waitedMs * 1.2)
  if (sampledKiB <= inheritedKiB) timer = setTimeout(samplePeak, nextMs, nextMs)
}

/** The program and all below it, by the parents in /proc (not every kernel lists the children there). */
function descendants(): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(name))
  const found = [child.pid ?? 0]
  for (const pid of found) for (const [candidate, parent] of parents) if (parent === pid) found.push(candidate)
  return found
}

function parentOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return 0 // It ended between two looks: nothing to sample.
  }
}

function peakKiB(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0 // As above: gone.
  }
}

function childrenUsage(): ResourceUsage {
  const usage: Partial<ResourceUsage> = {}
  if (getrusage(RUSAGE_CHILDREN, usage) !== 0) throw new Error('getrusage failed')
  return usage as ResourceUsage
}

function toSeconds(time: Timeval): number {
  return time.seconds + time.microseconds / 1e6
}
