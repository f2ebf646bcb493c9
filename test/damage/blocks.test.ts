// Damage within a pack of several blocks: only the files whose bytes lie in the block that was hit are lost.

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DamageCases } from '../support/damage-case.ts'
import { type Museum, makeMuseum } from '../support/museum.ts'
import { noise } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'
import { MANY_CASES_MS, SLOW } from '../support/tier.ts'

const CASES = SLOW ? 1000 : 40
const FILE_BYTES = 900_000

const { at } = scratch()
const cases = new DamageCases()
let museum: Museum

beforeAll(async () => {
  museum = await makeMuseum(at(), (tree) => {
    // Each a page of noise again and again: 9 MB to read, little to keep.
    for (let i = 0; i < 10; i++) fs.writeFileSync(path.join(tree, `block-${i}`), Buffer.alloc(FILE_BYTES, noise(1000 + i, 4096)))
  })
})
afterAll(() => cases.record('damage-blocks'))

test('the first data pack has several blocks', () => {
  const blocks = museum.exhibits.flatMap(({ needs }) => [...needs.values()].flat()).filter(({ pack }) => pack.startsWith('packs/data/'))
  const byPack = Map.groupBy(blocks, ({ pack }) => pack)
  expect(Math.max(...[...byPack.values()].map((all) => new Set(all.map(({ from }) => from)).size))).toBeGreaterThanOrEqual(3)
})

test.each(['flip', 'zero', 'truncate'] as const)(
  '%s',
  async (how) => {
    for (let seed = 0; seed < CASES; seed++) await cases.try(museum, 'packs/data', how, seed)
  },
  MANY_CASES_MS,
)
