// A search of all snapshots, where one of them is damaged: what the others hold is found all the same.

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'

const place = new CliPlace()
let ids: string[] = []
/** The tree packs that each commit made. */
const packs: string[][] = []

beforeAll(async () => {
  await place.json(['init'])
  for (const content of ['one', 'two', 'three']) {
    const before = new Set(treePacks())
    place.write('sample/a/f', content)
    place.write('sample/b/f', content)
    ids = [...ids, (await place.json(['commit', 'sample', '--name', 's'])).snapshot]
    packs.push(treePacks().filter((pack) => !before.has(pack)))
  }
}, 60_000)
afterAll(() => place.remove())

function treePacks(): string[] {
  return fs.globSync('packs/tree/*/*', { cwd: place.at('repository') })
}

const short = (snapshot: number): string => ids[snapshot]!.slice(0, 8)
const matchesIn = (...snapshots: number[]): string => snapshots.map((each) => `${short(each)}:a/f\n${short(each)}:b/f\n`).join('')

/** A copy of the repository in which a file of the store is lost, or has a byte flipped. */
function damagedCopy(name: string, file: string, at?: number): Record<string, string> {
  const copy = place.at(name)
  fs.cpSync(place.at('repository'), copy, { recursive: true })
  if (at === undefined) fs.rmSync(`${copy}/${file}`)
  else {
    const bytes = fs.readFileSync(`${copy}/${file}`)
    bytes[at]! ^= 1
    fs.chmodSync(`${copy}/${file}`, 0o600)
    fs.writeFileSync(`${copy}/${file}`, bytes)
  }
  return { CAIRN_REPO: copy }
}

describe.each<[string, () => string, number | undefined]>([
  ['a manifest that is missing', () => `manifests/${ids[1]}`, undefined],
  ['a manifest that is damaged', () => `manifests/${ids[1]}`, 1500],
  ['a tree that is missing', () => packs[1]![0]!, undefined],
  ['a tree that is damaged', () => packs[1]![0]!, 1300],
])('%s', (name, file, at) => {
  const env = (): Record<string, string> => damagedCopy(`${name}-${Math.random()}`, file(), at)

  test('is told, and the other snapshots are searched', async () => {
    const { code, stdout, stderr } = await place.run(['find', '--all-snapshots', 'f'], { env: env() })
    expect([code, stdout]).toEqual([21, matchesIn(0, 2)])
    expect(stderr).toMatch(/^not searched .*\nNot everything could be searched\. 'cairn verify' says what is harmed\.\n$/)
    expect(stderr).toContain(short(1))
  })

  test('is told to programs', async () => {
    const { matches, errors, problems } = await place.json(['find', '--all-snapshots', 'f'], { env: env(), code: 21 })
    expect([matches.length, errors]).toEqual([4, 1])
    expect(problems).toEqual([{ snapshot: ids[1], message: expect.stringContaining(short(1)) }])
  })

  test('ends the search of that snapshot alone', async () => {
    expect(await place.run(['find', 's~1', 'f'], { env: env() })).toMatchObject({ code: 21, stdout: '' })
  })
})

test('a directory that is damaged does not hide those beside it', async () => {
  const other = new CliPlace()
  await other.json(['init'])
  other.write('sample/a/f', 'content')
  await other.json(['commit', 'sample', '--name', 's'])
  const [first] = fs.globSync('packs/tree/*/*', { cwd: other.at('repository') })
  other.write('sample/b/f', 'content')
  await other.json(['commit', 'sample', '--name', 's'])
  fs.rmSync(other.at('repository', first!))
  const { code, stdout } = await other.run(['find', '--all-snapshots', 'f'])
  expect([code, stdout.split('\n').map((line) => line.slice(9))]).toEqual([21, ['b/f', '']])
  other.remove()
}, 60_000)

test('without damage there are no problems', async () => {
  expect(await place.json(['find', '--all-snapshots', 'f'])).toMatchObject({ errors: 0, problems: [] })
})
