import { describe, expect, test } from 'vitest'
import { openSnapshot } from '../../cli/snapshot-argument.ts'
import { toHex } from '../../format/bytes.ts'
import { isSeriesName } from '../../format/names.ts'
import type { Session } from '../../src/control/session/session.ts'
import { assertSameSource, defaultSeries } from '../../src/operations/commit/series.ts'
import { globMatcher } from '../../src/operations/find/glob.ts'
import { resolveSnapshot, splitSnapshotPath } from '../../src/repository/journal/snapshot-names.ts'
import type { JournalState, SnapshotRecord } from '../../src/repository/journal/state.ts'

function snapshot(sequence: number, series: string, time: string, id = String(sequence).padStart(64, 'abcdef0123456789')): SnapshotRecord {
  const details = { series, createdAt: Date.parse(time), roots: [`/${series}`], host: 'here' }
  return { sequence, manifest: Buffer.from(id, 'hex'), member: Buffer.alloc(32), details: details as unknown as SnapshotRecord['details'] }
}

const SNAPSHOTS = [
  snapshot(1, 'laptop', '2026-11-18T10:00:00Z', `aa11${'0'.repeat(60)}`),
  snapshot(2, 'laptop', '2026-11-19T10:00:00Z', `aa12${'0'.repeat(60)}`),
  snapshot(3, 'home/shop', '2026-11-19T12:00:00Z', `bb00${'0'.repeat(60)}`),
  snapshot(4, 'laptop', '2026-11-20T10:00:00.509Z', `cc00${'0'.repeat(60)}`),
]
const STATE = {
  snapshots: SNAPSHOTS,
  heads: new Map(SNAPSHOTS.map((each) => [each.details.series, each])),
  tags: new Map([
    ['good', SNAPSHOTS[1]!.manifest],
    ['laptop-tag', SNAPSHOTS[0]!.manifest],
  ]),
} as unknown as JournalState

describe('names of snapshots', () => {
  test('a directory that is there is told how to be named', async () => {
    const session = { repository: { journal: { state: STATE } } } as unknown as Session
    await expect(openSnapshot(session, 'src')).rejects.toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/second argument: \.\/src$/) }),
    )
    const absolute = `${process.cwd()}/src`
    await expect(openSnapshot(session, absolute)).rejects.toThrow(
      expect.objectContaining({ hint: expect.stringContaining(`second argument: ${absolute}`) }),
    )
    await expect(openSnapshot(session, 'n'.repeat(300))).rejects.toThrow(expect.objectContaining({ code: 'snapshot-not-found' }))
    await expect(openSnapshot(session, 'nothing')).rejects.toThrow(expect.objectContaining({ hint: "'cairn log' lists the snapshots." }))
  })

  test.each([
    ['latest', 4],
    ['latest~1', 3],
    ['latest~3', 1],
    ['laptop', 4],
    ['laptop~1', 2],
    ['home/shop', 3],
    ['/home/shop', 3],
    ['/laptop/~1', 2],
    ['/home/shop@2026-11-20', 3],
    ['aa11', 1],
    ['AA12', 2],
    [`cc00${'0'.repeat(60)}`, 4],
    ['cc00~2', 1],
    ['good', 2],
    ['good~1', 1],
    ['laptop@2026-11-19T10:00:00Z', 2],
    ['laptop@2026-11-19T09:59:59Z', 1],
    ['laptop@2026-11-19T11:00+02:00', 1],
    ['latest@2026-11-19T23:00:00Z', 3],
    ['laptop@2026-11-21', 4],
    ['laptop@2026-11-20T10:00:00', 4], // made at .509 of it
    ['laptop@2026-11-20T12:00:00+02:00', 4],
    ['laptop@2026-11-20T10:00:00.508', 2],
    ['laptop@2026-11-20T09:59', 2],
    ['laptop@2026-11-20T09', 2],
    ['laptop@2026-11-20 10:00:00', 4],
    ['laptop@2026-11-20 09:59', 2],
  ])('%s is snapshot %i', (name, sequence) => {
    expect(resolveSnapshot(STATE, name).sequence).toBe(sequence)
  })

  test.each([
    ['nothing', 'snapshot-not-found'],
    ['dddd', 'snapshot-not-found'],
    ['/good', 'snapshot-not-found'],
    ['/', 'snapshot-not-found'],
    ['latest~4', 'snapshot-not-found'],
    ['laptop~3', 'snapshot-not-found'],
    ['laptop@2020-01-01', 'snapshot-not-found'],
    ['laptop@yesterday', 'snapshot-time'],
    ['laptop@2026-13-40', 'snapshot-time'],
    ['laptop@2026-11', 'snapshot-time'],
    ['laptop@2026-11-31', 'snapshot-time'],
    ['laptop@2026-02-29T10:00', 'snapshot-time'],
    ['laptop@2026-11-20T25:00', 'snapshot-time'],
    ['latest@', 'snapshot-time'],
    ['laptop~', 'snapshot-name'],
    ['~1', 'snapshot-name'],
    ['', 'snapshot-name'],
    ['latest:etc', 'snapshot-name'],
  ])('%j is refused: %s', (name, code) => {
    expect(() => resolveSnapshot(STATE, name)).toThrow(expect.objectContaining({ code }))
  })

  test('a prefix of several ids is a STOP that lists them', () => {
    const twins = { ...STATE, snapshots: [...SNAPSHOTS, snapshot(5, 'x', '2026-11-20T10:00:00Z', `aa11${'1'.repeat(60)}`)] }
    expect(() => resolveSnapshot(twins, 'aa11')).toThrow(
      expect.objectContaining({
        code: 'ambiguous-snapshot',
        fields: { name: 'aa11', candidates: [toHex(SNAPSHOTS[0]!.manifest), `aa11${'1'.repeat(60)}`] },
      }),
    )
  })

  test('a name that is both a tag and a series is a STOP, unless both mean the same', () => {
    const both = (manifest: Uint8Array) => ({ ...STATE, tags: new Map([['laptop', manifest]]) })
    expect(() => resolveSnapshot(both(SNAPSHOTS[0]!.manifest), 'laptop')).toThrow(expect.objectContaining({ code: 'ambiguous-snapshot' }))
    expect(resolveSnapshot(both(SNAPSHOTS[3]!.manifest), 'laptop').sequence).toBe(4)
  })

  test.each([
    ['latest', 'latest', undefined],
    ['latest:etc/hosts', 'latest', 'etc/hosts'],
    ['laptop@2026-11-20T10:00:etc:x', 'laptop@2026-11-20T10:00', 'etc:x'],
    ['laptop@2026-11-20T10:00:30:etc', 'laptop@2026-11-20T10:00:30', 'etc'],
    ['laptop@2026-11-20T10:00+01:00:etc', 'laptop@2026-11-20T10:00+01:00', 'etc'],
    ['a~2:', 'a~2', ''],
    ['a:b\nc', 'a', 'b\nc'],
  ])('%j is %j and the path %j', (text, name, path) => {
    expect(splitSnapshotPath(text)).toEqual({ name, path })
  })
})

describe('the series of a source', () => {
  test.each([
    ['/', 'root'],
    ['/home/me', 'home/me'],
    ['/srv/a b/ü', 'srv/a-b/-'],
    ['/.config', '_config'],
    ['/a..b', 'a--b'],
    ['/cafe', '_cafe'],
    ['/latest', '_latest'],
    ['shop.sql', 'shop.sql'],
  ])('%s names %s', (path, series) => {
    expect(defaultSeries(path)).toBe(series)
    expect(isSeriesName(series)).toBe(true)
  })

  test('a path too long for a name needs one', () => {
    expect(() => defaultSeries(`/${'a/'.repeat(100)}b`)).toThrow(expect.objectContaining({ code: 'series-needed' }))
  })

  const source = (path: string, host = 'here') => ({
    root: { path: Buffer.from(path), roots: [{ path: Buffer.from(path), at: Buffer.alloc(0) }] },
    host,
  })

  test('a series stays with its source', () => {
    expect(() => assertSameSource(STATE, 'laptop', source('/laptop'))).not.toThrow()
    expect(() => assertSameSource(STATE, 'new', source('/elsewhere'))).not.toThrow()
    expect(() => assertSameSource(STATE, 'laptop', source('/other'))).toThrow(expect.objectContaining({ code: 'series-of-another-source' }))
    expect(() => assertSameSource(STATE, 'laptop', source('/laptop', 'there'))).toThrow(
      expect.objectContaining({ code: 'series-of-another-source' }),
    )
  })
})

describe('glob patterns', () => {
  const matches = (pattern: string, path: string): boolean => globMatcher(pattern)(Buffer.from(path).toString('latin1'))

  test.each([
    ['*.txt', 'a/b/c.txt', true],
    ['*.txt', 'a/b/.txt', true],
    ['*.txt', 'a/b.txt/c', false],
    ['a/*', 'a/b', true],
    ['a/*', 'a/b/c', false],
    ['/a/*', 'a/b', true],
    ['a/**', 'a/b/c', true],
    ['**/c', 'c', true],
    ['**/c', 'a/b/c', true],
    ['a/**/c', 'a/c', true],
    ['a/**/c', 'a/b/b/c', true],
    ['?', 'é', true],
    ['?', 'ab', false],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[!a-c]x', 'dx', true],
    ['[]]', ']', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['a.b', 'axb', false],
    ['(x)+$', '(x)+$', true],
    ['[', '[', true],
  ])('%s against %s: %s', (pattern, path, expected) => {
    expect(matches(pattern, path)).toBe(expected)
  })

  test.each([
    ['a/', 'a', true],
    ['a/', 'b/a', true],
    ['/a/', 'a', true],
    ['/a/', 'b/a', false],
    ['b/a/', 'b/a', true],
    ['a/*/', 'a/b', true],
  ])('%s, which ends with a slash, against the directory %s: %s, and no file', (pattern, path, expected) => {
    expect([globMatcher(pattern)(path, true), globMatcher(pattern)(path, false)]).toEqual([expected, false])
  })

  test('any byte can be matched', () => {
    expect(globMatcher('a?b')('a\xffb')).toBe(true)
    expect(globMatcher('a*b')('a\n\xffb')).toBe(true)
  })

  test('takes no longer for names that were made to be hard to match', () => {
    const started = performance.now()
    expect(matches('*-*-*-*-*.log', '-'.repeat(250))).toBe(false)
    expect(matches('*a*a*a*a*a*a*a*a*b', 'a'.repeat(255))).toBe(false)
    expect(matches('**/a/**/a/**/a/**/a/**/b', 'a/'.repeat(2000))).toBe(false)
    expect(matches('??????????*?????????*é*x', 'é'.repeat(2000))).toBe(false)
    expect(matches('*-*-*-*-*.log', `${'-'.repeat(246)}.log`)).toBe(true)
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

test('three digits of an id are told to be too few', () => {
  expect(() => resolveSnapshot(STATE, 'cfe')).toThrow(expect.objectContaining({ hint: expect.stringContaining('at least 4 digits') }))
})

describe('a time in a name', () => {
  test('that does not exist is what the message is about, with one that does', () => {
    expect(() => resolveSnapshot(STATE, 'laptop@2026-11-31')).toThrow(
      expect.objectContaining({
        message: "In 'laptop@2026-11-31', '2026-11-31' is no date or time that exists.",
        hint: expect.stringContaining('laptop@2026-11-20T10:00'),
      }),
    )
    expect(resolveSnapshot(STATE, 'laptop@2028-02-29').sequence).toBe(4)
  })

  test.each([
    ['laptop@2026-11-20 10:00:00', undefined],
    ['laptop@2026-11-20 10:00:a file', 'a file'],
    ['laptop:a@2026-11-20 10:00', 'a@2026-11-20 10:00'],
    ['laptop@2026-11-20:14~1', '14~1'],
    ['laptop@2026-11-20 10:00:30:14~1', '14~1'],
    ['laptop:a@2026-11-20~1', 'a@2026-11-20~1'],
  ])('may have a blank, as log prints it: %s', (typed, path) => {
    expect(splitSnapshotPath(typed).path).toBe(path)
  })

  test.each([
    '2026-11-20',
    '2026-11-20 10',
    '2026-11-20 16:51',
    '2026-11-20T16:51:14',
    '2026-11-20 16:51:14.5',
    '2026-11-20T16:51:14+01:00',
  ])('is followed by no ~: %s', (time) => {
    const message = `In 'laptop@${time}~1', ~ cannot follow a time.`
    expect(() => splitSnapshotPath(`laptop@${time}~1`)).toThrow(expect.objectContaining({ name: 'UsageError', message }))
  })

  test.each(['Europe/Berlin', 'America/Lima'])('is UTC, as log prints it, also where it is another hour: %s', (zone) => {
    const before = process.env['TZ']
    process.env['TZ'] = zone
    try {
      expect(resolveSnapshot(STATE, 'laptop@2026-11-20T10:00').sequence).toBe(4)
      expect(resolveSnapshot(STATE, 'laptop@2026-11-20T09:59:59').sequence).toBe(2)
    } finally {
      if (before === undefined) delete process.env['TZ']
      else process.env['TZ'] = before
    }
  })
})
