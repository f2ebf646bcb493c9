import { describe, expect, test } from 'vitest'
import { actorOf, isAgent, isSchedule } from '../../src/control/access/actor.ts'
import { digestWords, typedRight } from '../../src/control/access/digest-words.ts'
import { type Plan, planDifferences, planDigest, planToJson } from '../../src/control/access/plan.ts'

const PLAN: Plan = {
  operation: 'restore',
  repository: Buffer.alloc(32, 1),
  head: { sequence: 7, hash: Buffer.alloc(32, 2) },
  objects: ['manifest'],
  destroys: ['/a'],
  target: '/a',
  fingerprint: Buffer.from('x'),
  series: 's',
  consequence: 'gone',
}

const CHANGED: readonly (readonly [string, Partial<Plan>])[] = [
  ['operation', { operation: 'key remove' }],
  ['repository', { repository: Buffer.alloc(32, 9) }],
  ['journal', { head: { sequence: 8, hash: Buffer.alloc(32, 2) } }],
  ['journal', { head: { sequence: 7, hash: Buffer.alloc(32, 3) } }],
  ['objects', { objects: ['manifest', 'another'] }],
  ['destroys', { destroys: ['/a', '/b'] }],
  ['target', { target: '/b' }],
  ['fingerprint', { fingerprint: Buffer.from('y') }],
  ['series', { series: 't' }],
  ['consequence', { consequence: 'kept' }],
]

describe('a plan', () => {
  test.each(CHANGED)('has another digest when its %s changes, and says what changed', (_field, change) => {
    const changed = { ...PLAN, ...change }
    expect(planDigest(changed)).not.toEqual(planDigest(PLAN))
    expect(planDifferences(planToJson(PLAN), planToJson(changed))).toHaveLength(1)
  })

  test('has the same digest for the same facts, whatever their order in memory', () => {
    const reversed = Object.fromEntries(Object.entries(PLAN).reverse()) as unknown as Plan
    expect(planDigest(reversed)).toEqual(planDigest({ ...PLAN }))
    expect(planDifferences(planToJson(PLAN), planToJson(reversed))).toEqual([])
  })

  test('every field counts', () => {
    expect(new Set(CHANGED.map(([field]) => field)).size).toBe(Object.keys(planToJson(PLAN)).length)
  })
})

describe('digests as words', () => {
  test('11 bits each, most significant first', () => {
    expect(digestWords(Buffer.alloc(32))).toEqual(Array.from({ length: 23 }, () => 'abandon'))
    expect(digestWords(Buffer.alloc(32, 0xff))).toEqual(Array.from({ length: 23 }, () => 'zoo'))
    // 00000000001 00000000010 0…: the words number 1 and 2.
    expect(digestWords(Buffer.from('00200800', 'hex')).slice(0, 2)).toEqual(['ability', 'able'])
  })

  test.each([
    ['one two three', true],
    ['  ONE   two three ', true],
    ['one two', false],
    ['one two three four', false],
    ['one two four', false],
    ['', false],
  ])('typing %j', (typed, right) => {
    expect(typedRight(typed, ['one', 'two', 'three', 'four'])).toBe(right)
  })
})

describe('actors', () => {
  test('the person who is logged in, unless the environment names somebody', () => {
    expect(actorOf({})).toMatch(/^person:./)
    expect(actorOf({ CAIRN_ACTOR: 'agent:claude' })).toBe('agent:claude')
  })

  test.each(['', 'agent', 'agent:', 'Agent:x', 'robot:x', ' agent:x'])(
    '%j is refused: an agent must not pass for a person by a slip',
    (actor) => {
      expect(() => actorOf({ CAIRN_ACTOR: actor })).toThrow(expect.objectContaining({ name: 'UsageError', code: 'actor' }))
    },
  )

  test('kinds', () => {
    expect([isAgent('agent:a'), isAgent('person:agent:a'), isSchedule('schedule:nightly'), isSchedule('person:x')]).toEqual([
      true,
      false,
      true,
      false,
    ])
  })
})
