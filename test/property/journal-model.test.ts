// The journal against a plain model: the model knows roles and effects from the table of SPEC §7.4, written down here again, and
// nothing of bytes. Then: no single flipped byte anywhere can change the state in any way but by voiding what it is in and all
// that follows, or by a stop.

import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { toHex } from '../../format/bytes.ts'
import type { CborRecord } from '../../format/cbor.ts'
import { decodeJournalEntry, decodeSigned } from '../../format/journal.ts'
import { LIMITS } from '../../format/limits.ts'
import { ROLES, type Role } from '../../format/member.ts'
import { journalKey as slotKeyOf } from '../../format/store-key.ts'
import { seriesTag } from '../../src/repository/journal/entry-details.ts'
import { Journal } from '../../src/repository/journal/journal.ts'
import type { JournalState } from '../../src/repository/journal/state.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { copyOf, fixture, forge, JOURNAL_KEY, key, OWNER, plant, rewrite, slotBytes, snapshotDetails } from '../support/journal-fixture.ts'
import { PROPERTY_CASES } from '../support/properties.ts'
import { MANY_CASES_MS } from '../support/tier.ts'

const RANDOM = 'random appends, against the plain model'
const FLIPS = 'one byte of an entry changed'
const cases = new CaseCounter()
afterAll(() => recordReliability('property-journal', cases))

const SERIES = ['home', 'mail', 'photos'] as const
const PEOPLE = [1, 2, 3, 4].map(key)
const MANIFEST = (n: number) => Buffer.alloc(32, n)

type Grant = { readonly roles: readonly Role[]; readonly series?: readonly string[] }
type Step =
  | { readonly kind: 'snapshot'; readonly by: number; readonly series: string; readonly manifest: number }
  | { readonly kind: 'tag' | 'untag'; readonly by: number; readonly name: string; readonly manifest: number }
  | {
      readonly kind: 'members'
      readonly by: number
      readonly add: readonly (readonly [number, Grant])[]
      readonly remove: readonly number[]
    }
  | { readonly kind: 'slot' | 'unslot'; readonly by: number; readonly slot: number }
  | { readonly kind: 'attest'; readonly by: number; readonly pack: number }
  | { readonly kind: 'log'; readonly by: number; readonly event: 'backup_failed' | 'verify_failed' | 'restore_failed' | 'grant_used' }
  | { readonly kind: 'junk'; readonly bytes: Uint8Array }

interface Model {
  members: Map<number, Grant>
  snapshots: [series: string, manifest: number][]
  tags: Map<string, number>
  slots: Set<number>
  attested: Set<number>
  voids: number
}

const WHO: Record<string, readonly Role[]> = {
  snapshot: ['owner', 'writer'],
  tag: ['owner', 'maintainer'],
  untag: ['owner', 'maintainer'],
  members: ['owner'],
  slot: ['owner'],
  unslot: ['owner'],
  attest: ['owner', 'reader'],
  backup_failed: ['owner', 'writer'],
  verify_failed: ['owner', 'maintainer', 'reader'],
  restore_failed: ['owner', 'reader'],
  grant_used: ['owner', 'maintainer', 'writer', 'reader', 'approver'],
}

const person = fc.nat(PEOPLE.length - 1)
const grant: fc.Arbitrary<Grant> = fc.record(
  {
    roles: fc.subarray([...ROLES], { minLength: 1, maxLength: 2 }),
    series: fc.subarray([...SERIES], { minLength: 1 }),
  },
  { requiredKeys: ['roles'] },
)
const manifest = fc.integer({ min: 1, max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('snapshot' as const), by: person, series: fc.constantFrom(...SERIES), manifest }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('tag' as const, 'untag' as const),
      by: person,
      name: fc.constantFrom('a', 'b'),
      manifest,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('members' as const),
      by: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: person }),
      add: fc.uniqueArray(fc.tuple(person, grant), { maxLength: 3, selector: ([who]) => who }),
      remove: fc.uniqueArray(person, { maxLength: 1 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('slot' as const, 'unslot' as const), by: person, slot: manifest }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('attest' as const), by: person, pack: manifest }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('log' as const),
      by: person,
      event: fc.constantFrom('backup_failed' as const, 'verify_failed' as const, 'restore_failed' as const, 'grant_used' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('junk' as const), bytes: fc.uint8Array({ maxLength: 40 }) }) },
)

function allowed(model: Model, each: Step): boolean {
  if (each.kind === 'junk') {
    return false
  }
  const grant = model.members.get(each.by)
  const who = WHO[each.kind === 'log' ? each.event : each.kind] ?? []
  if (grant === undefined || !grant.roles.some((role) => who.includes(role))) {
    return false
  }
  if (each.kind === 'snapshot') {
    return grant.roles.includes('owner') || grant.series === undefined || grant.series.includes(each.series)
  }
  return each.kind !== 'members' || [...membersAfter(model, each).values()].some(({ roles }) => roles.includes('owner'))
}

function membersAfter(model: Model, change: Extract<Step, { kind: 'members' }>): Map<number, Grant> {
  const members = new Map([...model.members].filter(([who]) => !change.remove.includes(who)))
  return new Map([...members, ...change.add])
}

function applyToModel(model: Model, each: Step): void {
  if (!allowed(model, each)) {
    model.voids += 1
    return
  }
  switch (each.kind) {
    case 'snapshot':
      model.snapshots.push([each.series, each.manifest])
      break
    case 'tag':
      model.tags.set(each.name, each.manifest)
      break
    case 'untag':
      if (model.tags.get(each.name) === each.manifest) {
        model.tags.delete(each.name)
      }
      break
    case 'members':
      model.members = membersAfter(model, each)
      break
    case 'slot':
      model.slots.add(each.slot)
      break
    case 'unslot':
      model.slots.delete(each.slot)
      break
    case 'attest':
      model.attested.add(each.pack)
      break
    case 'log':
    case 'junk':
  }
}

function written(journal: Journal, each: Step): Uint8Array {
  if (each.kind === 'junk') {
    return each.bytes
  }
  const [event, clear, details] = entryOf(each)
  const at = { repository: journal.repository, head: journal.state.head }
  return forge(at, PEOPLE[each.by]!, event, clear, details === undefined ? {} : { details })
}

function entryOf(each: Exclude<Step, { kind: 'junk' }>): [event: string, clear: CborRecord, details?: CborRecord] {
  switch (each.kind) {
    case 'snapshot': {
      const clear = { manifest: MANIFEST(each.manifest), series: seriesTag(JOURNAL_KEY, each.series) }
      return ['snapshot_created', clear, { ...snapshotDetails(each.series) }]
    }
    case 'tag':
    case 'untag':
      return [each.kind === 'tag' ? 'tag_set' : 'tag_removed', { manifest: MANIFEST(each.manifest) }, { name: each.name }]
    case 'members': {
      const add = each.add.map(([who, { roles, series }]) => ({
        key: PEOPLE[who]!.publicKey,
        roles: [...roles],
        ...(series && { series: series.map((name) => seriesTag(JOURNAL_KEY, name)) }),
      }))
      return ['permission_change', { add, remove: each.remove.map((who) => PEOPLE[who]!.memberId) }, { labels: {}, series: {}, reason: '' }]
    }
    case 'slot':
    case 'unslot':
      return [
        each.kind === 'slot' ? 'key_slot_added' : 'key_slot_removed',
        { slot: Buffer.alloc(16, each.slot), kind: 'identity', member: PEOPLE[0]!.memberId },
        { label: '' },
      ]
    case 'attest':
      return ['attest', { packs: Buffer.alloc(32, each.pack) }]
    case 'log':
      return [each.event, {}, { note: 'x' }]
  }
}

function sorted(pairs: [string, number][]): [string, number][] {
  return pairs.toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** What the state says, in the model's words. */
function seen(state: JournalState) {
  const numbers = (hex: Iterable<string>) => [...hex].map((each) => Number.parseInt(each.slice(0, 2), 16)).toSorted((a, b) => a - b)
  const series = new Map(SERIES.map((name) => [toHex(seriesTag(JOURNAL_KEY, name)), name as string]))
  const grants = [...state.members.values()].map(({ id, roles, series: tags }): [number, Grant] => [
    PEOPLE.findIndex(({ memberId }) => memberId.equals(id)),
    { roles, ...(tags && { series: tags.map((tag) => series.get(toHex(tag)) ?? '?') }) },
  ])
  return {
    members: grants.toSorted(([a], [b]) => a - b),
    snapshots: state.snapshots.map(({ manifest, details }) => [details.series, manifest[0]]),
    heads: sorted([...state.heads].map(([name, { sequence }]): [string, number] => [name, sequence])),
    tags: sorted([...state.tags].map(([name, id]): [string, number] => [name, id[0]!])),
    slots: numbers(state.slots.keys()),
    attested: numbers(state.attested),
    voids: state.voids.size,
  }
}

function expected(model: Model) {
  return {
    members: [...model.members].toSorted(([a], [b]) => a - b),
    snapshots: model.snapshots,
    tags: sorted([...model.tags]),
    slots: [...model.slots].toSorted((a, b) => a - b),
    attested: [...model.attested].toSorted((a, b) => a - b),
    voids: model.voids,
  }
}

test('random appends by members with random roles give the state of the plain model', { timeout: MANY_CASES_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) =>
      cases.try(RANDOM, async () => {
        const { open } = await fixture()
        const journal = await open()
        const model: Model = {
          members: new Map([[0, { roles: ['owner'] }]]),
          snapshots: [],
          tags: new Map(),
          slots: new Set(),
          attested: new Set(),
          voids: 0,
        }
        for (const each of steps) {
          await plant(journal, written(journal, each))
          applyToModel(model, each)
          expect(seen(journal.state)).toMatchObject(expected(model))
        }
        const cached = journal.encodeState()
        for (const again of [await open(), await open({ cached }), await open({ pin: journal.pin() })]) {
          expect(again.encodeState()).toEqual(cached)
          expect(seen(again.state)).toEqual(seen(journal.state))
        }
      }),
    ),
    { numRuns: PROPERTY_CASES },
  )
})

/** Everything but the head and the voids. */
function meaning(state: JournalState) {
  const { head: _head, voids: _voids, ...rest } = state
  return structuredClone(rest)
}

test('any single byte flip voids its slot and what follows, or stops', { timeout: MANY_CASES_MS }, async () => {
  const { open, store, genesis } = await fixture()
  const journal = await open()
  const states = [meaning(journal.state)]
  const sample = fc.sample(step, { numRuns: 200, seed: 7 })
  const script: Step[] = [
    {
      kind: 'members',
      by: 0,
      add: [
        [1, { roles: ['writer'], series: ['home'] }],
        [2, { roles: ['owner'] }],
      ],
      remove: [],
    },
    ...sample,
  ]
  for (const each of script.slice(0, 12)) {
    await plant(journal, written(journal, each))
    states.push(meaning(journal.state))
  }
  const last = journal.state.head.sequence
  const slots = await Promise.all(Array.from({ length: last + 1 }, (_, i) => slotBytes(store, i)))
  /** Whether the entry behind this one was valid and is the first owner's, who then says that there was another history. */
  const toldAfter = (sequence: number) => {
    if (sequence === last || journal.state.voids.has(sequence + 1) || journal.state.voids.has(sequence)) return false
    const [inner] = decodeSigned(slots[sequence + 1]!, LIMITS.journalSlotBytes)
    return Buffer.from(OWNER.memberId).equals(decodeJournalEntry(inner).member)
  }
  const voidBefore = (sequence: number) => [...journal.state.voids.keys()].filter((each) => each < sequence).length
  await fc.assert(
    fc.asyncProperty(fc.nat(last), fc.nat(), fc.integer({ min: 1, max: 255 }), (sequence, place, mask) =>
      cases.try(FLIPS, async () => {
        const bytes = Buffer.from(slots[sequence]!)
        if (bytes.length === 0) {
          return
        }
        bytes[place % bytes.length]! ^= mask
        const damaged: ObjectStore = await copyOf(store, last)
        await rewrite(damaged, sequence, bytes)
        const opening = (options: object) => Journal.open({ store: damaged, repository: genesis.id, journalKey: JOURNAL_KEY, ...options })
        if (sequence === 0) {
          await expect(opening({})).rejects.toMatchObject({ code: 'repository-replaced' })
          return
        }
        if (sequence <= journal.pin().sequence)
          await expect(opening({ pin: journal.pin() })).rejects.toMatchObject({ code: 'journal-fork' })
        else expect((await opening({ pin: journal.pin() })).pin()).toEqual(journal.pin()) // void slots at the end are no part of a pin
        if (toldAfter(sequence)) await expect(opening({})).rejects.toMatchObject({ code: 'journal-rewritten' })
        const { state } = await opening({ allowOtherHistory: true })
        expect(meaning(state)).toEqual(states[sequence - 1])
        expect(state.voids.size).toBe(voidBefore(sequence) + last - sequence + 1)
        expect(await damaged.size(slotKeyOf(last + 1))).toBeUndefined()
      }),
    ),
    { numRuns: PROPERTY_CASES },
  )
})
