import { expect, test } from 'vitest'
import { Tally } from '../../src/operations/restore/outcome.ts'

const damaged = { path: Buffer.from('f'), kind: 'damaged', message: 'left out: the pack is gone.' } as const

test('a restore that gives up leaves nothing out, and does not say so', () => {
  const message = 'f cannot be restored: the pack is gone. Nothing was put into place.'
  expect(() => new Tally({ keepGoing: false }).report(damaged)).toThrow(expect.objectContaining({ message }))
})

test('one that keeps going says what is left out', () => {
  const tally = new Tally({ keepGoing: true })
  tally.report(damaged)
  expect(tally.problems).toEqual([damaged])
})
