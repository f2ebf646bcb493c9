// A tree pack that rots: whichever verification finds it, the next commit must not rely on it.

import fs from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'
import { flip, storeFiles } from '../support/verify-place.ts'

const DIRECTORIES = 30
let place: CliPlace

beforeEach(async () => {
  place = new CliPlace()
  await place.json(['init'])
  for (let d = 0; d < DIRECTORIES; d++) for (let f = 0; f < 5; f++) place.write(`tree/d${d}/f${f}`, `${d} ${f}`)
  await commit()
})
afterEach(() => place.remove())

const commit = (): Promise<{ snapshot: string }> => place.json(['commit', place.at('tree'), '--name', 'tree'])
const treePack = (): string => storeFiles(place.at('repository'), 'packs/tree')[0]!

test.each([
  ['its magic', 3],
  ['its key', 300],
  ['its blocks', 1300],
])('damage of %s: the next commit stores the trees again, and can be restored', async (_, offset) => {
  flip(treePack(), offset)
  const { problems } = await place.json(['verify'], { code: 21 })
  expect(problems).toMatchObject([{ kind: 'pack', snapshots: [expect.any(String)] }])
  expect(await place.json(['status'])).toMatchObject({ damagedPacks: 1 })
  place.write('tree/d1/new', 'more')
  await commit()
  await place.json(['restore', 'tree', '--to', place.at('back')])
  expect(fs.readdirSync(place.at('back'))).toHaveLength(DIRECTORIES)
  expect(fs.readFileSync(place.at('back/d1/new'), 'utf8')).toBe('more')
})

test('a tree pack that is sound and cannot be read in one place for a moment is not remembered as damaged', async () => {
  const pack = treePack()
  const bytes = fs.readFileSync(pack)
  flip(pack, 1300)
  await place.json(['verify'], { code: 21 })
  fs.writeFileSync(pack, bytes)
  expect(await place.json(['verify'])).toMatchObject({ ok: true })
  expect(await place.json(['status'])).toMatchObject({ damagedPacks: 0 })
})
