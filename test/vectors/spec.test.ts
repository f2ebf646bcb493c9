// Holds the lists of format/ to the text of SPEC.md: events and who may write them, reserved events, domain strings.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type DomainName, domain } from '../../format/domains.ts'
import { EVENTS, type EventName, RESERVED_EVENTS, SPOOLABLE } from '../../format/events.ts'

const spec = readFileSync(join(import.meta.dirname, '../../SPEC.md'), 'utf8')
const ROLE_LETTERS = { o: 'owner', m: 'maintainer', w: 'writer', r: 'reader', a: 'approver', x: 'witness' }

function section(title: string): string {
  const from = spec.indexOf(title)
  expect(from).toBeGreaterThan(0)
  const to = spec.indexOf('\n###', from + 1)
  return spec.slice(from, to < 0 ? undefined : to)
}

/** Rows of the table of events: names in the first column, letters of roles in the second. */
const rows = section('### 7.4 Events')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|'))
  .map(([, names = '', who = '']) => ({ names: [...names.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? ''), who: who.trim() }))

test('events and their roles', () => {
  const listed = rows
    .filter(({ who }) => who !== 'reserved')
    .flatMap(({ names, who }) => names.map((name) => [name, who.split(' ').map((letter) => ROLE_LETTERS[letter as 'o'])] as const))
  const sorted = (roles: readonly string[]): string[] => roles.toSorted()
  expect(listed.length).toBeGreaterThan(20)
  expect(Object.fromEntries(listed.map(([name, roles]) => [name, sorted(roles)]))).toEqual(
    Object.fromEntries(Object.entries(EVENTS).map(([name, { roles }]) => [name, sorted(roles)])),
  )
})

test('reserved events', () => {
  const reserved = rows.filter(({ who }) => who === 'reserved').flatMap(({ names }) => names)
  expect(new Set(reserved)).toEqual(RESERVED_EVENTS)
})

test('the events that may be spooled are those without effect', () => {
  const pattern = /^(backup_|restore_|snapshot_restored$|verify_|repair_|action_|grant_used$)/
  expect([...SPOOLABLE].sort()).toEqual(
    Object.keys(EVENTS)
      .filter((name) => pattern.test(name))
      .sort() as EventName[],
  )
})

test('domain strings', () => {
  const names = [...section('### 4.8 Domain strings').matchAll(/`([a-z-]+)`/g)].map((match) => match[1] as DomainName)
  expect(names.length).toBeGreaterThan(25)
  for (const name of names) expect(domain(name).toString('latin1')).toBe(`cairn/v1/${name}\0`)
  const source = readFileSync(join(import.meta.dirname, '../../format/domains.ts'), 'utf8')
  const written = [...source.matchAll(/\| '([a-z-]+)'|= '([a-z-]+)'/g)].map((match) => match[1] ?? match[2] ?? '')
  const kinds = ['journal-entry', 'spool-record', 'manifest', 'index-segment', 'lease']
  expect(new Set([...written, ...kinds.map((kind) => `sign-${kind}`)])).toEqual(
    new Set([...names, 'journal-entry', 'spool-record', 'lease']),
  )
})
