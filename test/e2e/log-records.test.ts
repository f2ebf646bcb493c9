// The log records of a command are less than what it did: a snapshot that stands is told, whatever becomes of them.

import fs from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'
import { noise } from '../support/sample-tree.ts'

let place: CliPlace

beforeEach(async () => {
  place = new CliPlace()
  await place.json(['init'])
  place.write('tree/f', noise(1, 50_000))
})
afterEach(() => place.remove())

async function events(): Promise<string[]> {
  const { stdout } = await place.run(['journal', '--json'])
  const lines = stdout.trimEnd().split('\n')
  return lines.map((line) => (JSON.parse(line) as { event: string }).event)
}

describe('a spool that cannot be used', () => {
  beforeEach(() => {
    fs.rmSync(place.at('home/spool'), { recursive: true, force: true })
    fs.writeFileSync(place.at('home/spool'), '')
  })

  test('does not hide the snapshot that was made, nor its warning, nor forget what was captured', async () => {
    fs.utimesSync(place.at('tree/f'), 1, 1)
    await new Promise((resolve) => setTimeout(resolve, 2100))
    const { snapshot, complete, warnings } = await place.json(['commit', 'tree', '--name', 'tree'])
    expect({ complete, warnings }).toEqual({ complete: true, warnings: [expect.stringContaining(place.at('home/spool'))] })
    expect((await place.run(['log'])).stdout).toContain(snapshot.slice(0, 8))
    expect(await events()).toContain('backup_completed')
    expect(await place.json(['commit', 'tree', '--name', 'tree', '--dry-run'])).toMatchObject({ readBytes: 0 })
    const people = await place.run(['commit', 'tree', '--name', 'tree', '--quiet'])
    expect({ code: people.code, stdout: people.stdout }).toEqual({ code: 0, stdout: '' })
    expect(people.stderr).toContain('The log entry stands')
  })

  test('is told once by a restore, whose records stand in the journal', async () => {
    await place.json(['commit', 'tree', '--name', 'tree'])
    const { code, stderr } = await place.run(['restore', 'tree', '--to', 'back'])
    expect(code).toBe(0)
    expect(stderr).not.toContain('waits on this machine')
    expect(stderr.match(/The log entry stands/g)).toHaveLength(1)
    expect((await events()).filter((event) => event.startsWith('restore_')).sort()).toEqual(['restore_attempted', 'restore_completed'])
  })
})

test('what a commit was refused for stands in the log at once: nothing waits on a store that is well', async () => {
  await place.json(['commit', 'tree', '--name', 'tree'])
  await place.json(['tag', 'v1.0', 'tree'])
  expect(await place.json(['commit', 'tree', '--name', 'v1.0'], { code: 2 })).toMatchObject({ error: { code: 'series-is-tag' } })
  expect(await place.json(['status'])).toMatchObject({ waitingEvents: 0 })
  await place.json(['key', 'export', '--writer', '--series', 'other', '--output', place.at('writer.json')])
  await place.json(['commit', 'tree', '--name', 'tree', '--identity', place.at('writer.json')], { code: 13 })
  expect(await place.json(['status'])).toMatchObject({ waitingEvents: 0 })
  expect((await events()).filter((event) => event === 'audit_batch')).toHaveLength(3)
})
