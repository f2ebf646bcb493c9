// Properties whose cases are counted: at least 2,000 of each in CI, ten times as many in the slow tier.

import * as fc from 'fast-check'
import { afterAll, test } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { MANY_CASES_MS, SLOW } from './tier.ts'

export const PROPERTY_CASES = SLOW ? 20_000 : 2000

type Arbitraries<Values extends [unknown, ...unknown[]]> = { [At in keyof Values]: fc.Arbitrary<Values[At]> }

/** The properties of one file, which are a section of bench/RELIABILITY.md; those of one name count as one kind. */
export function countedProperties(section: string, cases = new CaseCounter()) {
  afterAll(() => recordReliability(section, cases))
  return <Values extends [unknown, ...unknown[]]>(arbitraries: Arbitraries<Values>) =>
    (name: string, check: (...values: Values) => unknown): void => {
      const property = fc.asyncProperty<Values>(...arbitraries, (...values) => counted(cases, name, () => check(...values)))
      // oxlint-disable-next-line vitest/valid-title -- it is a string, as its type says
      test(name, () => fc.assert(property, { numRuns: PROPERTY_CASES }), MANY_CASES_MS)
    }
}

/** Values that `fc.pre` sets aside are no case. */
async function counted(cases: CaseCounter, name: string, check: () => unknown): Promise<void> {
  const [outcome] = await Promise.allSettled([Promise.try(check)])
  if (outcome.status === 'rejected' && fc.PreconditionFailure.isFailure(outcome.reason)) throw outcome.reason
  await cases.try(name, () => {
    if (outcome.status === 'rejected') throw outcome.reason
  })
}
