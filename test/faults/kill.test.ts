// A real process that is killed at random moments: what was committed stays, the next commit works and reads back equal (also what it
// takes from the catalog), and what the dead process left behind is harmless and goes away.

import fs from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { median } from '../../bench/median.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { seededRandom } from '../../bench/seeded.ts'
import { CliRepository } from '../support/cli-repository.ts'
import { removeTree } from '../support/random-tree.ts'
import { noise } from '../support/sample-tree.ts'
import { expectSound } from '../support/soundness.ts'
import { MANY_CASES_MS, SLOW } from '../support/tier.ts'
import { linesOnDisk, type TreeLines } from '../support/tree.ts'

const COMMITS = SLOW ? 200 : 25
const RESTORES = SLOW ? 100 : 6
/** How often the usual time is taken, since one may be unusual; and up to how much of it a process is left alone: some must end. */
const TIMINGS = 5
const LONGEST = 1.5
const DAY_SECONDS = 86_400

let cli: CliRepository
const snapshots: TreeLines[] = []
const KILLED_COMMIT = 'SIGKILL of a commit at a random moment'
const KILLED_RESTORE = 'SIGKILL of a restore at a random moment'
const cases = new CaseCounter()
const counts = { committed: 0, restored: 0 }

beforeAll(async () => {
  cli = await CliRepository.make()
  await commit()
})

afterAll(async () => {
  await cli.remove()
  cases.remark(KILLED_COMMIT, `${counts.committed} had committed`)
  cases.remark(KILLED_RESTORE, `${counts.restored} had restored`)
  recordReliability('kill', cases)
})

/** Commits and returns how long that took, in milliseconds. */
async function commit(): Promise<number> {
  const startedMs = performance.now()
  await cli.place.json(['commit', cli.tree])
  const tookMs = performance.now() - startedMs
  snapshots.push(linesOnDisk(cli.tree))
  return tookMs
}

/** What `work` usually takes, by what it tells; each timing has a number of its own, from 1. */
async function medianMs(work: (timing: number) => Promise<number>): Promise<number> {
  const times: number[] = []
  for (let timing = 1; timing <= TIMINGS; timing++) times.push(await work(timing))
  return median(times)!
}

/** When a process dies: evenly over its time, and some of them too late. */
function momentMs(round: number, usualMs: number): number {
  return (seededRandom(round).below(1000) / 1000) * usualMs * LONGEST
}

function edit(round: number): void {
  cli.place.write('tree/large', noise(5000 + round, 600_000))
  cli.place.write(`tree/directory-${round % 20}/file-${round}`, noise(9000 + round, 3000))
  fs.rmSync(`${cli.tree}/directory-${(round + 7) % 20}/file-${round + 7}`, { force: true })
}

test(
  'commits killed at random moments',
  async () => {
    const usualMs = await medianMs(async (timing) => {
      edit(COMMITS + timing)
      return commit()
    })
    for (let round = 1; round <= COMMITS; round++) {
      edit(round)
      await cases.try(KILLED_COMMIT, () => killCommit(momentMs(round, usualMs)))
    }
    await expectSound(cli.store, cli.owner, { snapshots })
  },
  MANY_CASES_MS,
)

async function killCommit(afterMs: number): Promise<void> {
  await cli.interrupt(['commit', cli.tree], 'SIGKILL', afterMs)
  const found = await cli.snapshots(snapshots.length)
  if (found.length > 0) {
    expect(found, `killed after ${afterMs} ms`).toEqual([linesOnDisk(cli.tree)])
    snapshots.push(found[0]!)
    counts.committed++
  }
  await commit()
  expect(await cli.snapshots(snapshots.length - 1), `after a kill after ${afterMs} ms`).toEqual([snapshots.at(-1)])
}

test(
  'restores killed at random moments',
  async () => {
    fs.mkdirSync(cli.place.at('place'))
    const target = cli.place.at('place', 'target')
    const args = ['restore', 'latest', '--to', target]
    const usualMs = await medianMs(async () => {
      removeTree(target)
      const startedMs = performance.now()
      await cli.place.json(args)
      return performance.now() - startedMs
    })
    for (let round = 1; round <= RESTORES; round++) {
      removeTree(target)
      await cases.try(KILLED_RESTORE, () => killRestore(args, target, momentMs(round, usualMs)))
    }
  },
  MANY_CASES_MS,
)

async function killRestore(args: readonly string[], target: string, afterMs: number): Promise<void> {
  await cli.interrupt(args, 'SIGKILL', afterMs)
  if (fs.existsSync(target)) counts.restored++
  else await cli.place.json(args)
  expect(linesOnDisk(target)).toEqual(snapshots.at(-1))
  removeTree(target)
  await cli.place.json(args)
  expect(fs.readdirSync(cli.place.at('place'))).toEqual(['target'])
}

test('what killed processes left is removed after a day', async () => {
  const left = cli.place.write(`repository/tmp/put-${'0'.repeat(32)}`, 'what a killed process wrote')
  const old = Math.floor(fs.statSync(left).mtimeMs / 1000) - 2 * DAY_SECONDS
  for (const file of cli.temporaries()) fs.utimesSync(file, old, old)
  await commit()
  expect(cli.temporaries()).toEqual([])
  expect(await cli.snapshots(snapshots.length - 1)).toEqual([snapshots.at(-1)])
})
