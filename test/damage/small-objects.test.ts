// Seeded damage in the small objects: the journal, key slots, checkpoints, leases, cairn.json. Each is noticed or harms nothing, and who
// saw the repository before loses nothing that this does not stand for.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
afterAll(() => cases.record('damage-small-objects'))

describe.each(['journal', 'keys', 'checkpoints', 'leases', 'cairn.json'] as const)('%s', (kind) => {
  test.each(DAMAGES)(
    '%s',
    async (how) => {
      for (let seed = 0; seed < CASES; seed++) await cases.try(museum, kind, how, seed)
    },
    MANY_CASES_MS,
  )
})

test('the cases were many', () => {
  expect(cases.count).toBeGreaterThanOrEqual(28 * CASES) // a single file cannot change places: two kinds have only one
})
