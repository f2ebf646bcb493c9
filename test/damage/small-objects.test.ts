// Seeded damage in the small objects: the journal, key slots, checkpoints, leases, cairn.json. Each is noticed or harms nothing, and who
// saw the repository before loses nothing that this does not stand for.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { REPOSITORY_JSON } from '../../format/store-key.ts'
import { DAMAGES } from '../support/damage.ts'
import { DamageCases } from '../support/damage-case.ts'
import { type Museum, makeMuseum } from '../support/museum.ts'
import { openAs } from '../support/repository.ts'
import { scratch } from '../support/scratch.ts'
import { strangerOf } from '../support/soundness.ts'
import { storeOf } from '../support/stored-objects.ts'
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

describe('cairn.json, which JSON reads over much of', () => {
  // Seeds at which white space came or went and nobody noticed.
  test.each([
    ['extend', 61],
    ['truncate', 123],
  ] as const)('%s, seed %i', (how, seed) => new DamageCases().try(museum, 'cairn.json', how, seed))

  test.each([
    ['no line feed at its end', (text: string) => text.slice(0, -1)],
    ['two line feeds at its end', (text: string) => `${text}\n`],
    ['a space for the line feed', (text: string) => `${text.slice(0, -1)} `],
    ['a space at its beginning', (text: string) => ` ${text}`],
    ['a space between two fields', (text: string) => text.replace(',', ', ')],
    ['two fields in another order', (text: string) => text.replace('"magic":"cairn","version":1', '"version":1,"magic":"cairn"')],
  ])('%s is noticed', async (_, change) => {
    const bytes = museum.objects.get(REPOSITORY_JSON)!
    const changed = Buffer.from(change(bytes.toString()))
    expect(changed).not.toEqual(bytes)
    const store = await storeOf(new Map(museum.objects).set(REPOSITORY_JSON, changed))
    await expect(openAs(store, strangerOf(museum.owner))).rejects.toMatchObject({ code: 'repository-json-bytes' })
  })
})

test('the cases were many', () => {
  expect(cases.count).toBeGreaterThanOrEqual(28 * CASES) // a single file cannot change places: two kinds have only one
})
