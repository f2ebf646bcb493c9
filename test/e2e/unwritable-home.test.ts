// A home that cannot be written, on the day when something must be read: what only reads goes on, knows what it knew, and says what it
// cannot remember.

import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'
import { SmallDisk } from '../support/small-disk.ts'

const isRoot = process.geteuid!() === 0
const NOBODY = 65_534
const FORGETS = 'is not remembered'

let place: CliPlace

beforeEach(async () => {
  // Permissions mean nothing to root.
  place = new CliPlace(isRoot ? NOBODY : undefined)
  await place.json(['init', '--recovery-code-file', 'code.txt'])
  fs.cpSync(place.at('repository'), place.at('older'), { recursive: true })
  place.write('tree/f', 'content')
  if (isRoot) for (const at of ['older', 'tree']) giveToNobody(place.at(at))
  await place.json(['commit', 'tree', '--name', 'tree'])
})
afterEach(() => {
  fs.chmodSync(place.at('home'), 0o700)
  place.remove()
})

function giveToNobody(directory: string): void {
  for (const name of ['', ...fs.readdirSync(directory, { recursive: true })])
    fs.chownSync(path.join(directory, String(name)), NOBODY, NOBODY)
}

function close(): void {
  fs.chmodSync(place.at('home/catalog.db'), 0o400)
  fs.chmodSync(place.at('home'), 0o500)
}

test.each(['log', 'ls tree', 'cat tree:f', 'diff tree tree', 'stats', 'status', 'key list', 'grant list', 'journal', 'verify'])(
  '%s works',
  async (args) => {
    const before = await place.run(args.split(' '))
    close()
    const { code, stderr } = await place.run(args.split(' '))
    expect({ code, stderr }).toEqual({ code: before.code, stderr: expect.stringContaining(FORGETS) })
    expect(stderr.split(FORGETS)).toHaveLength(2)
  },
)

test('restore works, and stands in the log', async () => {
  close()
  expect((await place.run(['restore', 'tree', '--to', 'back'])).code).toBe(0)
  expect(fs.existsSync(place.at('back/f'))).toBe(true)
  expect((await place.run(['journal'])).stdout).toContain('restore_completed')
})

test('what was seen before still counts: an older repository is a rollback', async () => {
  close()
  fs.rmSync(place.at('repository'), { recursive: true })
  fs.renameSync(place.at('older'), place.at('repository'))
  for (const args of [['log'], ['restore', 'tree', '--to', 'back']])
    expect(await place.json(args, { code: 14 })).toMatchObject({ error: { code: 'journal-rollback' } })
})

test('what writes is refused, as nothing of it could be held against the store later', async () => {
  close()
  for (const args of [
    ['commit', 'tree', '--name', 'tree'],
    ['tag', 'n', 'tree'],
  ])
    expect(await place.json(args, { code: 30 })).toMatchObject({ error: { code: 'home-access' } })
})

test('a catalog that may not be read is refused: its pin could be rolled back unseen', async () => {
  fs.chmodSync(place.at('home/catalog.db'), 0)
  expect(await place.json(['log'], { code: 2 })).toMatchObject({ error: { code: 'home-access' } })
})

test('the recovery code alone restores where no home can be made', async () => {
  const env = { CAIRN_HOME: '/proc/nowhere' }
  const { code, stderr } = await place.run(['restore', 'tree', '--to', 'back', '--recovery-code-file', 'code.txt'], { env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(FORGETS) })
  expect(fs.existsSync(place.at('back/f'))).toBe(true)
})

describe.runIf(isRoot)('a disk that is full', () => {
  test('keeps nobody from reading', async () => {
    const disk = SmallDisk.mount(place.at('small'), { bytes: 1 << 20 })
    try {
      fs.chownSync(disk.path, NOBODY, NOBODY)
      disk.leaveBytes(0)
      const env = { CAIRN_HOME: place.at('small/home') }
      for (const args of [['log'], ['restore', 'tree', '--to', 'back']]) {
        const { code, stderr } = await place.run([...args, '--recovery-code-file', 'code.txt'], { env })
        expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(FORGETS) })
      }
    } finally {
      disk.unmount()
    }
  })
})
