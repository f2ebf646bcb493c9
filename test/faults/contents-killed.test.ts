// A process that exchanges what is in a directory, killed before and after each of its renames and removals: what was there and what was
// restored is all there, it is told where, and the next exchange makes the directory the old one or the new one, whole.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { ContentsStaging, interruptedExchange } from '../../src/targets/contents-staging.ts'
import { entriesOf, fill, keptIn, linesOfFill, stagingsIn } from '../support/contents-target.ts'
import { scratch } from '../support/scratch.ts'

const ROOT = join(import.meta.dirname, '../..')
const { at } = scratch()
let target: string
const cases = new CaseCounter()
afterAll(() => recordReliability('contents-killed', cases))

beforeEach(() => {
  target = at('target')
})

function restart(content?: string): void {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target)
  if (content !== undefined) fill(target, content)
}

/** Counts the steps that change names, and dies around the one that is named; prints how many there are. */
const DYING = `
import { registerHooks } from 'node:module'
const [number, when] = process.argv.slice(1)
globalThis.steps = 0
globalThis.around = (work) => {
  const isHere = ++globalThis.steps === Number(number)
  if (isHere && when === 'before') process.kill(process.pid, 'SIGKILL')
  const result = work()
  if (isHere) process.kill(process.pid, 'SIGKILL')
  return result
}
const patches = [
  [/posix\\/rename\\.ts$/, 'libc().renameat2(fromFd, source, toFd, target, flag)', 'globalThis.around(() => libc().renameat2(fromFd, source, toFd, target, flag))'],
  [/rename-over\\.ts$/, 'renameSync(pathOf(fromFd, from), pathOf(toFd, to))', 'globalThis.around(() => renameSync(pathOf(fromFd, from), pathOf(toFd, to)))'],
  [/posix\\/at\\.ts$/, 'check(libc().unlinkat(dirFd, putName(first, name, \\'rmdirat\\'), AT_REMOVEDIR), \\'rmdirat\\', name)', 'globalThis.around(() => check(libc().unlinkat(dirFd, putName(first, name, \\'rmdirat\\'), AT_REMOVEDIR), \\'rmdirat\\', name))'],
]
let patched = 0
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    const patch = patches.find(([file]) => file.test(url))
    if (patch === undefined) return loaded
    const source = String(loaded.source)
    if (!source.includes(patch[1])) throw new Error('the patch does not fit ' + url)
    patched++
    return { ...loaded, source: source.replace(patch[1], () => patch[2]) }
  },
})
const target = process.argv[3]
const { ContentsStaging } = await import('${ROOT}/src/targets/contents-staging.ts')
const { issuePermit } = await import('${ROOT}/src/runtime/permit.ts')
const { fill } = await import('${ROOT}/test/support/contents-target.ts')
const { chmodSync } = await import('node:fs')
if (patched !== patches.length) throw new Error('not patched')
const staging = ContentsStaging.create(target, { replace: true })
fill(target + '/' + staging.name + '/tree', 'new')
chmodSync(target + '/' + staging.name + '/tree', 0o2511)
staging.finish({ permit: issuePermit('test', () => true) })
console.log(globalThis.steps)
`

function run(number: number, when: string): { readonly killed: boolean; readonly steps: number } {
  const { signal, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', DYING, String(number), when, target], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return { killed: signal === 'SIGKILL', steps: Number(stdout) }
}

/** All entries, wherever they lie by now. */
function allEntries(): string[] {
  const trees = stagingsIn(target)
    .filter((staging) => readdirSync(staging).includes('tree'))
    .map((staging) => join(staging, 'tree'))
  return [target, ...keptIn(target), ...trees].flatMap(entriesOf).sort()
}

/** Before it has a marker, and after it had one, a staging directory is nobody's, and empty: the next exchange moves it away. */
function holdsSomething(staging: string): boolean {
  const names = readdirSync(staging)
  return names.includes('marker') || (names.includes('tree') && readdirSync(join(staging, 'tree')).length > 0)
}

function expectOneOrTheOther(what: string, before: string[]): 'old' | 'new' {
  const found = entriesOf(target)
  const is = found.includes('old-file old') ? 'old' : 'new'
  expect(found, what).toEqual(linesOfFill(is))
  expect(stagingsIn(target).filter(holdsSomething), what).toEqual([])
  if (is === 'new') expect(keptIn(target).map(entriesOf), what).toEqual(before.length === 0 ? [] : [before])
  // One that was made for nothing stays, and is empty.
  else expect(keptIn(target).flatMap(entriesOf), what).toEqual([])
  if (is === 'new') expect(statSync(target).mode & 0o7777, what).toBe(0o2511)
  return is
}

async function expectSound(number: number, when: string, content?: string): Promise<'old' | 'new'> {
  restart(content)
  const before = entriesOf(target)
  const what = `killed ${when} step ${number}`
  expect(run(number, when).killed, what).toBe(true)
  const all = allEntries()
  for (const line of before) expect(all, what).toContain(line)
  const interrupted = interruptedExchange(target)
  // Whatever is neither the old directory nor the new one is told.
  const mixed = ![before, linesOfFill('new')].some((lines) => JSON.stringify(lines) === JSON.stringify(entriesOf(target)))
  if (mixed) expect(interrupted, what).toBeDefined()
  if (interrupted?.next === 'finish') expect(all, what).toEqual([...before, ...linesOfFill('new')].sort())
  ContentsStaging.create(target, { replace: true }).abort()
  if (content === undefined && entriesOf(target).length === 0) return 'old'
  const is = expectOneOrTheOther(what, before)
  if (interrupted !== undefined) expect(is, what).toBe(interrupted.next === 'undo' ? 'old' : 'new')
  return is
}

test.each([
  ['a full directory', 'old'],
  ['an empty directory', undefined],
])(
  '%s',
  async (_, content) => {
    restart(content)
    const { killed, steps } = run(0, 'never')
    expect(killed).toBe(false)
    expect(steps).toBeGreaterThan(content === undefined ? 8 : 13)
    expectOneOrTheOther('not killed', content === undefined ? [] : linesOfFill(content))
    const ends: string[] = []
    for (let number = 1; number <= steps; number++)
      for (const when of ['before', 'after'])
        await cases.try('killed while the contents of a directory are exchanged', async () => {
          ends.push(await expectSound(number, when, content))
        })
    // First everything is undone, and from one step on everything is finished.
    expect(ends).toEqual(ends.toSorted().reverse())
    expect(new Set(ends).size).toBe(2)
  },
  240_000,
)
