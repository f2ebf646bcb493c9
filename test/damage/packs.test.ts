// Seeded damage in packs, index segments and manifests: named by `verify` with all that it harms, and nothing else is lost.

import { afterAll, beforeAll, describe, test } from 'vitest'
import { DAMAGES } from '../support/damage.ts'
import { DamageCases } from '../support/damage-case.ts'
import { type Museum, makeMuseum } from '../support/museum.ts'
import { scratch } from '../support/scratch.ts'
import { MANY_CASES_MS, SLOW } from '../support/tier.ts'

const CASES = SLOW ? 1000 : 40

const { at } = scratch()
const cases = new DamageCases()
let museum: Museum

beforeAll(async () => {
  museum = await makeMuseum(at())
})
afterAll(() => cases.record('damage-packs'))

// LESSONS: restic: a deleted snapshot goes unnoticed (`delete` in `manifests`).
describe.each(['packs/data', 'packs/tree', 'index', 'manifests'] as const)('%s', (kind) => {
  test.each(DAMAGES)(
    '%s',
    async (how) => {
      for (let seed = 0; seed < CASES; seed++) await cases.try(museum, kind, how, seed)
    },
    MANY_CASES_MS,
  )
})
