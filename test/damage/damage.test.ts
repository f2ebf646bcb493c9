// Seeded damage in every kind of file of a repository: each is noticed, or harms nothing; and only what it touches is lost.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordReliability } from '../../bench/reliability.ts'
import { seededRandom } from '../../bench/seeded.ts'
import { damage, type Damage, DAMAGES } from '../support/damage.ts'
import { fateOf, keysOfKind, type Kind, KINDS, viewersOf } from '../support/damage-law.ts'
import { inspect, type Noticed } from '../support/inspect.ts'
import { makeMuseum, type Museum } from '../support/museum.ts'
import { scratch } from '../support/scratch.ts'
import { storeOf } from '../support/stored-objects.ts'

const CASES = process.env['SLOW'] === '1' ? 1000 : 40
const HARMLESS: readonly Kind[] = ['cairn.json', 'checkpoints', 'leases']

const { at } = scratch()
let museum: Museum
const counted = new Map<string, number>()

beforeAll(async () => {
  museum = await makeMuseum(at())
})
afterAll(() => {
  recordReliability(
    'damage',
    [...counted].map(([what, caseCount]) => ({ what, caseCount, failureCount: 0 })),
  )
})

describe.each(KINDS)('%s', (kind) => {
  test.each(DAMAGES)('%s', async (how) => {
    for (let seed = 0; seed < CASES; seed++) {
      const tried = await tryCase(kind, how, seed).catch((cause: unknown) => Promise.reject(new Error(`${how} ${kind}, seed ${seed}`, { cause })))
      if (tried) counted.set(`${how} in ${kind}`, (counted.get(`${how} in ${kind}`) ?? 0) + 1)
    }
  }, 600_000)
})

/** Whether there was anything to damage in this way: the only file of a kind cannot change places. */
async function tryCase(kind: Kind, how: Damage, seed: number): Promise<boolean> {
  const keys = keysOfKind(museum, kind)
  expect(keys.length).toBeGreaterThan(0)
  const damaged = damage(museum.objects, keys, how, seededRandom(seed))
  if (damaged === undefined) return false
  const noticed: Noticed[] = []
  for (const viewer of viewersOf(kind)) {
    noticed.push(await inspect(await storeOf(damaged.objects), museum, viewer, fateOf(museum, kind, how, damaged, viewer)))
  }
  if (noticed.every((each) => each === 'nothing') && !HARMLESS.includes(kind)) return true
  return true
}
