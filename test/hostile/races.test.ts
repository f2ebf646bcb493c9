// Neighbours that swap names in a loop while a restore runs: real races, in another process.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { StopError } from '../../src/errors.ts'
import { currentRestorer } from '../../src/targets/metadata.ts'
import { bench, file, place, watchCanary } from './hostile-fixture.ts'

watchCanary('hostile-races')

let attacker: { readonly process: ChildProcess; readonly ended: Promise<unknown> } | undefined

afterEach(release)

async function release(): Promise<void> {
  attacker?.process.kill('SIGKILL')
  await attacker?.ended
  attacker = undefined
}

const ROUNDS = 12
/** On a busy machine the attacker may be late; then there are more rounds until he was in time once. */
const MOST_ROUNDS = 100
const CONTENT = Buffer.from('restored')

/** Runs a loop in another process, and waits until it has begun. */
async function attack(body: string, ...values: readonly string[]): Promise<void> {
  const script = `const fs=require('fs');const [${values.map((_, i) => `v${i}`).join()}]=process.argv.slice(1);const t=(f)=>{try{f()}catch{}};console.log('on');for(;;){${body}}`
  const child = spawn(process.execPath, ['-e', script, ...values], { stdio: ['ignore', 'pipe', 'ignore'] })
  attacker = { process: child, ended: new Promise((resolve) => child.once('exit', resolve)) }
  await new Promise((resolve) => child.stdout.once('data', resolve))
}

/** Says whether the work was stopped as tampered with; any other error fails the test. */
function stopped(work: () => void): boolean {
  try {
    work()
    return false
  } catch (error) {
    if (error instanceof StopError && error.code === 'target-tampered') return true
    throw error
  }
}

test('a parent that is swapped for a symlink to the canary and back, all the time', async () => {
  let stops = 0
  for (let round = 0; round < ROUNDS || (stops === 0 && round < MOST_ROUNDS); round++) {
    // Many directories and few handles: each file walks the way again.
    const directories = Array.from({ length: 150 }, (_, i) => [i < 1 ? 0 : 1, `d${i}`] as const)
    const { writer, staging, tree } = bench(directories, currentRestorer(), 1)
    await attack(
      't(()=>fs.renameSync(v0,v0+"-aside"));t(()=>fs.symlinkSync(v1,v0));t(()=>fs.unlinkSync(v0));t(()=>fs.renameSync(v0+"-aside",v0))',
      join(tree, 'd0'),
      place().canary,
    )
    const was = stopped(() => {
      for (let i = 1; i <= 150; i++)
        writer.writeFile({ directory: i, entry: file('file', { content: { size: 8, depth: 0, items: [] } }) }, [{ at: 0, bytes: CONTENT }])
      for (let i = 150; i > 0; i--) writer.finishDirectory(i, { ...file('d', { mode: 0o777 }), type: 2 })
    })
    if (was) stops++
    await release()
    writer.close()
    staging.abort()
  }
  expect(stops).toBeGreaterThan(0)
}, 120_000)

test('a file that is swapped for a symlink and a hard link to the canary between its pieces', async () => {
  let stops = 0
  for (let round = 0; round < ROUNDS || (stops === 0 && round < MOST_ROUNDS); round++) {
    const { writer, staging, tree } = bench()
    const entry = file('big', { content: { size: 800, depth: 0, items: [] } })
    const inode = writer.allocateFile({ directory: 0, entry }, 800)!
    await attack(
      't(()=>fs.renameSync(v0,v0+"-aside"));t(()=>fs.symlinkSync(v1,v0));t(()=>fs.unlinkSync(v0));t(()=>fs.linkSync(v1,v0));t(()=>fs.unlinkSync(v0));t(()=>fs.renameSync(v0+"-aside",v0))',
      join(tree, 'big'),
      join(place().canary, 'file'),
    )
    const was = stopped(() => {
      for (let i = 0; i < 100; i++) writer.writePieces({ directory: 0, entry, inode }, [{ at: 8 * i, bytes: CONTENT }])
      writer.finishFile({ directory: 0, entry, inode })
    })
    if (was) stops++
    await release()
    writer.close()
    staging.abort()
    expect(statSync(join(place().canary, 'file')).nlink).toBe(2)
    expect(readFileSync(join(place().canary, 'file'), 'utf8')).toBe('do not touch me')
  }
  expect(stops).toBeGreaterThan(0)
}, 120_000)

test('a staging tree in which directories turn into symlinks while it is removed', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const directories = Array.from({ length: 60 }, (_, i) => [i % 3 === 0 ? 0 : i, `d${i}`] as const)
    const { writer, staging, tree } = bench(directories)
    for (let i = 1; i <= 60; i++)
      writer.writeFile({ directory: i, entry: file('f', { content: { size: 8, depth: 0, items: [] } }) }, [{ at: 0, bytes: CONTENT }])
    writer.close()
    await attack(
      't(()=>fs.renameSync(v0+"/d3",v0+"/aside"));t(()=>fs.symlinkSync(v1,v0+"/d3"));t(()=>fs.unlinkSync(v0+"/d3"));t(()=>fs.renameSync(v0+"/aside",v0+"/d3"))',
      tree,
      place().canary,
    )
    try {
      staging.abort()
    } catch (error) {
      // The attacker puts new names into directories that are being emptied: then something is left, but nothing else is lost.
      expect(['ENOTEMPTY', 'ENOENT', 'ENOTDIR']).toContain((error as { code: string }).code)
    }
    await release()
  }
}, 120_000)
