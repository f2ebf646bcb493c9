// A damaged pack whose damage harms nothing any more: `verify` says whether snapshots still need what is sound in it, since whoever
// follows it may delete the pack.

import fs from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'
import { noise } from '../support/sample-tree.ts'
import { flip, storeFiles } from '../support/verify-place.ts'

const NEEDED = 'harms no snapshot; keep it: snapshots need what is in it'
const NOT_NEEDED = 'harms no snapshot, and none needs it'
const UNKNOWN = "harms no snapshot; keep it until 'cairn verify --data' says that none needs it"

const CONTENT = noise(1, 8_000_000)

let place: CliPlace
let damaged: string

/** One data pack, not yet as large as packs get, with one file of two blocks; the first is damaged. */
beforeEach(async () => {
  place = new CliPlace()
  await place.json(['init'])
  place.write('tree/file', CONTENT)
  await commit()
  const packs = storeFiles(place.at('repository'), 'packs/data')
  expect(packs).toHaveLength(1)
  damaged = packs[0]!
  flip(damaged, 2_000_000)
})
afterEach(() => place.remove())

const commit = (): Promise<unknown> => place.json(['commit', place.at('tree'), '--name', 'tree'])
const told = async (...args: string[]): Promise<string> => (await place.run(['verify', ...args])).stdout
const problemsOf = async (...args: string[]): Promise<unknown[]> => (await place.json(['verify', ...args], { code: 21 })).problems

/** Heals all but the end of the file, which only the first snapshot still has. */
async function healWithoutTheEnd(): Promise<void> {
  await place.json(['verify', '--data'], { code: 21 })
  place.write('tree/file', CONTENT.subarray(0, 7_400_000))
  await commit()
}

test('a pack whose sound blocks hold what a snapshot needs must stay, and deleting it does harm', async () => {
  await healWithoutTheEnd()
  for (const args of [[], ['--data'], ['latest~1']]) {
    expect(await told(...args)).toContain(NEEDED)
    expect(await problemsOf(...args)).toMatchObject([{ kind: 'pack', snapshots: [], needed: 'yes' }])
  }
  fs.rmSync(damaged)
  expect(await problemsOf()).toMatchObject([{ kind: 'pack-missing', pathCount: 1 }])
})

test('a pack whose damage harms a file tells that what is sound in it is needed, too', async () => {
  expect(await told('--data')).toMatch(/harms 1 path in [0-9a-f]{8}; keep it: snapshots need what is in it/)
})

test('a pack of which nothing can be read now, and whose content lies nowhere else, must stay', async () => {
  const bytes = fs.readFileSync(damaged)
  fs.truncateSync(damaged, 100)
  for (const args of [[], ['--data']]) {
    const [problem] = await problemsOf(...args)
    expect(problem).toMatchObject({ kind: 'pack', needed: 'yes' })
    expect(await told(...args)).toMatch(/harms .*; keep it: snapshots need what is in it/)
  }
  fs.writeFileSync(damaged, bytes)
})

test('a pack whose content is all stored elsewhere may go, once everything was read', async () => {
  await place.json(['verify', '--data'], { code: 21 })
  await commit()
  expect(await told('--data')).toContain(NOT_NEEDED)
  expect(await problemsOf('--data')).toMatchObject([{ kind: 'pack', snapshots: [], needed: 'no' }])
  // The packs that hold the rest were not read: they may have rotted, too.
  for (const args of [[], ['latest']]) {
    expect(await told(...args)).toContain(UNKNOWN)
    expect(await problemsOf(...args)).toMatchObject([{ needed: 'unknown' }])
  }
  fs.rmSync(damaged)
  expect(await place.json(['verify', '--data'])).toMatchObject({ ok: true, remarks: [{ kind: 'pack-missing' }] })
})

test('what is sound elsewhere and rots there is needed where it was damaged before', async () => {
  await place.json(['verify', '--data'], { code: 21 })
  await commit()
  const [newest] = storeFiles(place.at('repository'), 'packs/data').filter((file) => file !== damaged)
  flip(newest!, -2_000_000)
  const problems = (await place.json(['verify', '--data'], { code: 21 })).problems as { object: string; needed: string }[]
  expect(problems.find(({ object }) => damaged.endsWith(object))).toMatchObject({ needed: 'yes' })
})

test('while a manifest cannot be read, nobody knows whether its snapshot needs it', async () => {
  await place.json(['verify', '--data'], { code: 21 })
  await commit()
  flip(storeFiles(place.at('repository'), 'manifests')[0]!, -20)
  expect(await told('--data')).toContain(UNKNOWN)
})
