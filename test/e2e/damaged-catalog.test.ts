// A catalog that is damaged, torn or no file: its pin may be lost, so that everything stops, says what to do next, and that works. It
// appears whole, so that first runs at once never take each other's for a damaged one.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'
import { removeTree } from '../support/random-tree.ts'
import { noise } from '../support/sample-tree.ts'

const PAGE_BYTES = 4096
/** What the page of an index that has no keys begins with. */
const EMPTY_INDEX = Uint8Array.of(10, 0, 0, 0, 0, 0x10, 0, 0)

let place: CliPlace

beforeAll(async () => {
  place = new CliPlace()
  await place.json(['init'])
  place.write('tree/f', 'content')
  await place.json(['commit', 'tree', '--name', 'tree'])
  fs.cpSync(place.at('home'), place.at('whole'), { recursive: true })
}, 60_000)
afterAll(() => place.remove())
beforeEach(() => {
  removeTree(place.at('home'))
  fs.cpSync(place.at('whole'), place.at('home'), { recursive: true })
})

function identity(): string {
  return place.at('whole/identities', fs.readdirSync(place.at('whole/identities'))[0]!)
}

/** Overwrites the first bytes of the page where a table or an index begins. */
function overwrite(file: string, name: string, bytes: Uint8Array): void {
  const db = new Database(file, { readonly: true })
  const { rootpage } = db.prepare<[string], { rootpage: number }>('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(name)!
  db.close()
  const fd = fs.openSync(file, 'r+')
  fs.writeSync(fd, bytes, 0, bytes.length, (rootpage - 1) * PAGE_BYTES)
  fs.closeSync(fd)
}

/** SQLite sees no bit that flips within a value. */
function flipInPin(file: string, column: 'state' | 'hash'): void {
  const db = new Database(file)
  const value = db.prepare(`SELECT ${column} FROM pin`).pluck().get() as Buffer
  value[20]! ^= 1
  db.prepare(`UPDATE pin SET ${column} = ?`).run(value)
  db.close()
}

/** What becomes of a catalog, whose file is given. */
const DAMAGES: readonly [string, (file: string) => void][] = [
  ['all noise', (file) => fs.writeFileSync(file, noise(1, 5000))],
  ['damaged where the pins are', (file) => overwrite(file, 'pin', noise(1, 500))],
  ['damaged where the places are', (file) => overwrite(file, 'place', noise(1, 500))],
  ['damaged so that no pin is found', (file) => overwrite(file, 'sqlite_autoindex_pin_1', EMPTY_INDEX)],
  ['damaged so that no place is found', (file) => overwrite(file, 'sqlite_autoindex_place_1', EMPTY_INDEX)],
  ['of another bit in what a pin says', (file) => flipInPin(file, 'state')],
  ['of another bit in the hash of a pin', (file) => flipInPin(file, 'hash')],
  ['cut', (file) => fs.truncateSync(file, 5000)],
  ['empty', (file) => fs.truncateSync(file)],
  ['gone, save for its log', (file) => replaceBy(file, () => fs.writeFileSync(`${file}-wal`, noise(1, 5000)))],
  ['a directory', (file) => replaceBy(file, () => fs.mkdirSync(file))],
  ['a FIFO', (file) => replaceBy(file, () => execFileSync('mkfifo', [file]))],
  ['a device', (file) => replaceBy(file, () => fs.symlinkSync('/dev/null', file))],
  ['a link that leads nowhere', (file) => replaceBy(file, () => fs.symlinkSync(place.at('nowhere'), file))],
]

function replaceBy(file: string, make: () => void): void {
  fs.rmSync(file)
  make()
}

test.each(DAMAGES)(
  'that is %s stops what reads and what writes',
  async (_, damage) => {
    const file = place.at('home/catalog.db')
    damage(file)
    for (const args of ['log', 'restore tree --to back', 'commit tree --name tree']) {
      const { error } = await place.json(args.split(' '), { code: 30 })
      expect(error).toMatchObject({ code: 'home-damaged', message: expect.stringContaining(file) })
      expect(error.hint).toContain('another CAIRN_HOME')
    }
    expect(fs.existsSync(place.at('back'))).toBe(false)
  },
  30_000,
)

test.each(['ls tree', 'status', 'journal', 'journal verify', 'verify', 'key list', 'tag n tree'])('damage stops %s', async (args) => {
  overwrite(place.at('home/catalog.db'), 'pin', noise(1, 500))
  expect(await place.json(args.split(' '), { code: 30 })).toMatchObject({ error: { code: 'home-damaged' } })
})

test('damage that shows when something is to be remembered is told, too', async () => {
  overwrite(place.at('home/catalog.db'), 'verified', noise(1, 500))
  expect(await place.json(['verify', '--data'], { code: 30 })).toMatchObject({ error: { code: 'home-damaged' } })
})

test('another home goes on, as the message says', async () => {
  fs.truncateSync(place.at('home/catalog.db'))
  const env = { CAIRN_HOME: place.at('new-home') }
  expect((await place.run(['journal', '--identity', identity()], { env })).code).toBe(0)
  await place.json(['restore', 'tree', '--to', 'from-new-home', '--identity', identity()], { env })
})

test('first runs at once all work, and nobody ever sees a file that is not whole', async () => {
  for (let round = 0; round < 4; round++) {
    const home = place.at(`home-${round}`)
    const watched = whileRunning(`${home}/catalog.db`, () =>
      Promise.all([1, 2, 3].map(() => place.run(['log', '--identity', identity()], { env: { CAIRN_HOME: home } }))),
    )
    const { outcomes, smallest } = await watched
    expect(outcomes.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual(['0 ', '0 ', '0 '])
    expect(smallest).toBeGreaterThanOrEqual(PAGE_BYTES)
    expect(fs.readdirSync(home).filter((name) => name.includes('.new-'))).toEqual([])
  }
}, 60_000)

/** What some work gives, and the smallest size that a file had meanwhile. */
async function whileRunning<T>(file: string, work: () => Promise<T>): Promise<{ outcomes: T; smallest: number }> {
  let isRunning = true
  let smallest = Number.POSITIVE_INFINITY
  const outcomes = work().finally(() => (isRunning = false))
  while (isRunning) {
    smallest = Math.min(smallest, fs.statSync(file, { throwIfNoEntry: false })?.size ?? smallest)
    await setImmediate()
  }
  return { outcomes: await outcomes, smallest }
}
