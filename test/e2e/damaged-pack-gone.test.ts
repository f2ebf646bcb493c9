// A damaged pack that somebody deletes: the next commits read unchanged files no more often than before, and `verify` forgets it once
// nothing names it. As long as it lies there, or may come back, what is known of it is kept.

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

test('verify keeps what it knows of it while a segment names it: it may come back', async () => {
  const bytes = fs.readFileSync(damaged)
  fs.rmSync(damaged)
  await place.json(['verify'], { code: 21 })
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
