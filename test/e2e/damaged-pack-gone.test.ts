// A damaged pack: every `verify` reads it again, and `status` tells of it, until it is sound or gone. Once somebody deletes it, the next
// commits read unchanged files no more often than before, and `verify` forgets it when nothing names it. As long as it lies there, or
// may come back, what is known of it is kept.

import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'
import { noise } from '../support/sample-tree.ts'
import { flip, storeFiles } from '../support/verify-place.ts'

let place: CliPlace
let damaged: string

/** A repository whose one data pack was found damaged, and whose chunks the next commit has stored again. */
beforeEach(async () => {
  place = new CliPlace()
  await place.json(['init'])
  for (const name of ['one', 'two']) place.write(`tree/${name}`, noise(name.length, 50_000))
  await settled()
  await commit()
  damaged = storeFiles(place.at('repository'), 'packs/data')[0]!
  flip(damaged, 1300)
  await place.json(['verify', '--data'], { code: 21 })
  await commit()
})
afterEach(() => place.remove())

/** Files that were written less than two seconds ago are read again, whatever the rows say. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2100))
}

const commit = (): Promise<unknown> => place.json(['commit', place.at('tree'), '--name', 'tree'])

/** Bytes of unchanged files that a commit would read. */
async function bytesReadAgain(): Promise<number> {
  return (await place.json(['commit', place.at('tree'), '--name', 'tree', '--dry-run'])).readBytes
}

/** Packs that this machine remembers as damaged. */
function rememberedAsDamaged(): string[] {
  const db = new Database(place.at('home/catalog.db'), { readonly: true })
  try {
    return db
      .prepare<[], { pack: string }>('SELECT lower(hex(pack)) AS pack FROM verified WHERE ok = 0')
      .all()
      .map(({ pack }) => pack)
  } finally {
    db.close()
  }
}

test('unchanged files are read again while it lies there, and not any more once it is deleted', async () => {
  expect(await bytesReadAgain()).toBe(100_000)
  expect(rememberedAsDamaged()).toEqual([path.basename(damaged)])
  fs.rmSync(damaged)
  await commit()
  expect(await bytesReadAgain()).toBe(0)
})

test.each([[], ['--sample', '0.1%'], ['latest~1']])('verify %j reads it again and reports it', async (...args) => {
  const { ok, problems, data } = await place.json(['verify', ...args], { code: 21 })
  expect({ ok, problems }).toMatchObject({
    ok: false,
    problems: [{ kind: 'pack', object: expect.stringContaining(path.basename(damaged)) }],
  })
  expect(data.packs).toBeGreaterThan(0)
})

test('status tells of it as long as it lies there', async () => {
  expect(await place.json(['status'])).toMatchObject({ damagedPacks: 1 })
  expect((await place.run(['status'])).stdout).toContain('1 pack found damaged')
  fs.rmSync(damaged)
  expect(await place.json(['status'])).toMatchObject({ damagedPacks: 0 })
})

test('once it is sound again, verify finds that out, and no longer reads it', async () => {
  flip(damaged, 1300)
  expect(await place.json(['verify'])).toMatchObject({ ok: true, data: { packs: 1 } })
  expect((await place.json(['verify'])).data).toBeUndefined()
  expect(await place.json(['status'])).toMatchObject({ damagedPacks: 0 })
})

test('gone, and its content stored elsewhere: verify says so and is content, also after a repair', async () => {
  fs.rmSync(damaged)
  const lost = { kind: 'pack-missing', object: expect.stringContaining(path.basename(damaged)), snapshots: [], pathCount: 0 }
  expect(await place.json(['verify'])).toMatchObject({ ok: true, problems: [], remarks: [lost] })
  await place.json(['repair', 'index'])
  expect(await place.json(['verify', '--data'])).toMatchObject({ ok: true, problems: [], remarks: [lost] })
  expect((await place.run(['verify'])).stdout).toMatch(
    /^Everything is in order: .*\nremark: packs\/data\/.*nothing that was checked needs it/,
  )
})

test('gone together with what replaced it: a problem, with the paths that it harms', async () => {
  for (const file of storeFiles(place.at('repository'), 'packs/data')) fs.rmSync(file)
  const { ok, problems, remarks } = await place.json(['verify'], { code: 21 })
  expect({ ok, remarks }).toEqual({ ok: false, remarks: [] })
  expect(problems).toHaveLength(2)
  for (const { kind, snapshots } of problems) expect([kind, snapshots.length]).toEqual(['pack-missing', 2])
})

test('gone: the next commit stores what it alone held, and relies on nothing that only segments promise', async () => {
  for (const file of storeFiles(place.at('repository'), 'packs/data')) fs.rmSync(file)
  expect(await place.json(['commit', place.at('tree'), '--name', 'tree'])).toMatchObject({ newBytes: 50_000 })
  expect(await place.json(['verify', '--data'])).toMatchObject({ ok: true, problems: [] })
})

test('verify keeps what it knows of it while a segment names it: it may come back', async () => {
  const bytes = fs.readFileSync(damaged)
  fs.rmSync(damaged)
  expect(await place.json(['verify'])).toMatchObject({ remarks: [{ kind: 'pack-missing' }] })
  expect(rememberedAsDamaged()).toEqual([path.basename(damaged)])
  await commit()
  fs.writeFileSync(damaged, bytes)
  expect(await bytesReadAgain()).toBe(100_000)
})

test('verify forgets it when it is gone and no segment names it', async () => {
  fs.rmSync(damaged)
  fs.rmSync(place.at('repository/index'), { recursive: true })
  await place.json(['repair', 'index'])
  await place.json(['verify'])
  expect(rememberedAsDamaged()).toEqual([])
  await place.json(['verify', '--data'])
})

test('verify keeps what it knows of a pack that no segment names while it is there', async () => {
  fs.rmSync(place.at('repository/index'), { recursive: true })
  await place.run(['verify'])
  expect(rememberedAsDamaged()).toEqual([path.basename(damaged)])
})
