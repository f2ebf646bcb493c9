import { stripVTControlCharacters } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EXITS, exitCodeOf } from '../../cli/exit-codes.ts'
import { humanBytes, humanCount, humanDuration, right, table } from '../../cli/output/human.ts'
import { jsonText, jsonWithList } from '../../cli/output/json.ts'
import { logText } from '../../cli/output/log.ts'
import { parsePathText, pathJson, pathText, printableLine } from '../../cli/output/path-text.ts'
import { restoreText } from '../../cli/output/restore.ts'
import { editDistance, nearest } from '../../cli/suggest.ts'
import * as errors from '../../src/errors.ts'
import { log } from '../../src/operations/log/log.ts'
import { Tally } from '../../src/operations/restore/outcome.ts'
import { snapshotDetails } from '../support/journal-fixture.ts'
import { countedProperties } from '../support/properties.ts'

const property = countedProperties('property-text')

describe('paths as text', () => {
  property([fc.uint8Array({ maxLength: 40 })])('what is printed can be typed, whatever the bytes', (bytes) => {
    expect(parsePathText(pathText(bytes))).toEqual(Buffer.from(bytes))
  })

  property([fc.string({ unit: 'binary', maxLength: 20 })])('nothing that is printed can play with a terminal', (text) => {
    const shown = pathText(Buffer.from(text)) + printableLine(text)
    expect(shown).not.toMatch(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u)
  })

  test.each([
    ['plain/näme', 'plain/näme'],
    ['a\nb', 'a\\x0ab'],
    ['\x1b[31mred', '\\x1b[31mred'],
    ['back\\slash', 'back\\\\slash'],
    ['gnp.\u202etxt', 'gnp.\\xe2\\x80\\xaetxt'],
  ])('%j is shown as %j', (name, shown) => {
    expect(pathText(Buffer.from(name))).toBe(shown)
  })

  test('bytes that are no UTF-8 are escaped, and told to programs in hexadecimal', () => {
    const bytes = Buffer.from([0x63, 0xff, 0xc3, 0xa9])
    expect(pathText(bytes)).toBe('c\\xffé')
    expect(pathJson(bytes)).toEqual({ path: 'c\ufffdé', pathHex: '63ffc3a9' })
    expect(pathJson(Buffer.from('é'))).toEqual({ path: 'é' })
  })
})

describe('suggestions', () => {
  test.each([
    ['comit', 'commit'],
    ['exlude', 'exclude'],
    ['hlep', 'help'],
    ['vrify', 'verify'],
    ['rest', 'restore'],
  ])('%s may mean %s', (typed, meant) => {
    expect(nearest(typed, ['init', 'commit', 'exclude', 'help', 'verify', 'restore'])).toBe(meant)
  })

  test('what is near nothing gets no suggestion', () => {
    expect(nearest('frobnicate', ['init', 'commit', 'log'])).toBeUndefined()
  })

  property([fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 })])('a distance is symmetric and 0 for equal words only', (a, b) => {
    expect(editDistance(a, b)).toBe(editDistance(b, a))
    expect(editDistance(a, b) === 0).toBe(a === b)
  })
})

describe('figures', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.50 KiB'],
    [15 * 1024, '15.0 KiB'],
    [512 * 1024 ** 2, '512 MiB'],
    [3 * 1024 ** 5, '3.00 PiB'],
  ])('%i bytes are %s', (bytes, text) => expect(humanBytes(bytes)).toBe(text))

  test.each([
    [12, '12 ms'],
    [1500, '1.5 s'],
    [125_000, '2 min 5 s'],
    [59_990, '1 min 0 s'],
    [1_079_600, '18 min 0 s'],
    [7_500_000, '2 h 5 min'],
  ])('%i ms are %s', (ms, text) => expect(humanDuration(ms)).toBe(text))

  test('counts have their thousands set apart', () => expect(humanCount(1234567)).toBe('1,234,567'))

  test('a restore of nothing does not promise that every byte was verified', () => {
    const plan = { snapshot: { manifest: Buffer.alloc(32), details: { series: 's' } }, others: 0, captureProblems: 0 }
    const text = (files: number): string =>
      restoreText(plan as never, { files, bytes: 0, problemCount: 1, durationMs: 1, path: '/t' } as never)
    expect([text(0), text(1)]).toEqual([expect.not.stringContaining('verified'), expect.stringContaining('every byte verified')])
  })

  test('what was only counted is told in the number that it has', () => {
    const told = (count: number): string[] => {
      const tally = new Tally({ keepGoing: true })
      tally.add({ files: 0, bytes: 0, filled: 0, leftOut: count, keptOwners: count, roundedTimes: count, problems: [] })
      tally.summarise()
      return tally.problems.map(({ message }) => message.replace(/( to| because|:) .*/, ''))
    }
    expect(told(0)).toEqual([])
    expect(told(1)).toEqual(['1 entry belongs', 'the times of 1 entry are rounded', '1 entry was left out'])
    expect(told(2)).toEqual(['2 entries belong', 'the times of 2 entries are rounded', '2 entries were left out'])
  })

  test('columns are aligned', () => {
    const lines = table([
      ['name', right('size')],
      ['a', right('5')],
      ['longer', right('500')],
    ]).split('\n')
    expect(lines.slice(1)).toEqual(['a          5', 'longer   500'])
  })
})

describe('JSON', () => {
  test('bytes are hexadecimal, maps are objects', () => {
    expect(jsonText({ id: Buffer.from([1, 255]), raw: Uint8Array.of(2), map: new Map([['a', 1]]) })).toBe(
      '{"id":"01ff","raw":"02","map":{"a":1}}',
    )
  })

  property([fc.array(fc.jsonValue(), { maxLength: 5 }), fc.boolean()])('a streamed list is the same object', async (items, hasTail) => {
    const tail = hasTail ? () => ({ end: true }) : undefined
    const text = (await Array.fromAsync(jsonWithList({ a: 1 }, 'list', items, tail))).join('')
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ a: 1, list: items, ...tail?.() })))
  })
})

describe('exit codes', () => {
  const { FormatError, errorOfClass: _, ...classes } = errors

  test.each([
    ['IntegrityError', 21],
    ['NotFoundError', 22],
    ['LeaseError', 11],
    ['KeyError', 12],
    ['AccessError', 13],
    ['StopError', 14],
    ['StoreError', 30],
    ['UsageError', 2],
    ['PartialError', 3],
    ['CancelledError', 130],
  ] as const)('%s is %i', (name, code) => {
    expect(exitCodeOf(new classes[name]('x', 'y'))).toBe(code)
  })

  test('every class has one', () => {
    expect(exitCodeOf(new FormatError('x', 'y'))).toBe(20)
    expect(exitCodeOf(new classes.NotFoundError('repository-not-found', 'y'))).toBe(10)
    expect(exitCodeOf(new TypeError('y'))).toBe(70)
    expect(Object.keys(classes)).toHaveLength(10)
  })

  test('no two meanings share a code', () => {
    const codes = Object.values(EXITS).map(([code]) => code)
    expect(new Set(codes).size).toBe(codes.length)
  })
})

describe('log', () => {
  test.each([
    [10, /: s0, .*, s9\.$/],
    [13, /: s0, .*, s9, … and 3 more\.$/],
  ])('of a series that is not there names some of %i that are, and says when there are more', (count, hint) => {
    const heads = new Map(Array.from({ length: count }, (_, at) => [`s${at}`, {}]))
    const state = { heads, snapshots: [], tags: new Map() } as never
    expect(() => log(state, { series: 'nope' })).toThrow(expect.objectContaining({ hint: expect.stringMatching(hint) }))
  })

  const line = (description: string, tagNames: string[] = []) => {
    const details = snapshotDetails('home', { description, problemCount: tagNames.length })
    return { snapshot: { sequence: 1, manifest: Buffer.alloc(32), member: Buffer.alloc(32), details }, tagNames }
  }
  const lines = [line('short'), line(`${'ü'.repeat(300)}\nmore`), line('x'.repeat(300), ['golden'])]

  test.each([110, 140, 300])('each snapshot has one line of a terminal of %i columns', (columns) => {
    const shown = stripVTControlCharacters(logText(lines, columns)).split('\n')
    expect(shown).toHaveLength(4)
    expect(Math.max(...shown.map((each) => each.length))).toBe(columns)
  })

  test('on a narrow terminal, and where there is none, something of the description is left', () => {
    const lengths = (columns: number | undefined): number[] =>
      logText(lines, columns)
        .split('\n')
        .map((each) => each.match(/[xü]*…$/)?.[0].length ?? 0)
    expect(lengths(20)).toEqual([0, 0, 20, 20])
    expect(lengths(undefined).slice(2)).toEqual([120, expect.any(Number)])
  })
})
