// Who gets a permit, for what, and what stands in the journal about it.

import fs from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { toHex } from '../../format/bytes.ts'
import type { IdentityFile } from '../../format/identity-file.ts'
import { type PlanParts, refuseAgent, withPlan } from '../../src/control/access/authorize.ts'
import { flushAudit, waitingEvents } from '../../src/control/audit/audit.ts'
import { StoreError } from '../../src/errors.ts'
import { issueGrant, listGrants, revokeGrant } from '../../src/operations/grant/grant.ts'
import { addKey } from '../../src/operations/key/add.ts'
import { setTag } from '../../src/operations/tag/tag.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { assertPermit, type Permit } from '../../src/runtime/permit.ts'
import { type ActingPlace, actingOwner, as, decision, eventsSince, parts, withIdentity } from '../support/acting-place.ts'
import { FaultyStore } from '../support/faulty-store.ts'
import { commitDirectory } from '../support/repository-fixture.ts'
import { makeSampleTree } from '../support/sample-tree.ts'
import { scratch } from '../support/scratch.ts'

const { at } = scratch()
let place: ActingPlace
let home = 0
let ran: Permit[] = []

const run = async (permit: Permit): Promise<string> => {
  ran.push(permit)
  return 'done'
}

beforeEach(async () => {
  ran = []
  place = await actingOwner(at(`home-${home++}`))
})

/** The digest that --plan prints. */
async function planned(who: ActingPlace, what: PlanParts = parts()): Promise<string> {
  const outcome = await withPlan(who, what, decision({ planOnly: true }), run)
  expect(outcome.kind).toBe('planned')
  return outcome.digest
}

const head = (): number => place.repository.journal.state.head.sequence
const events = async (since: number): Promise<string[]> => (await eventsSince(place, since)).map(({ event }) => event)

describe('--plan', () => {
  test('runs nothing and writes nothing', async () => {
    const before = head()
    const outcome = await withPlan(place, parts(), decision({ planOnly: true }), run)
    expect(outcome).toMatchObject({ kind: 'planned', plan: { operation: 'restore', target: '/srv/shop', destroys: ['/srv/shop'] } })
    expect(outcome.digest).toMatch(/^[0-9a-f]{64}$/)
    expect(outcome.words).toHaveLength(23)
    expect([ran, head(), await waitingEvents(place)]).toEqual([[], before, 0])
  })

  test('by an agent is recorded, and its digest stays good for the person who applies it', async () => {
    const before = head()
    const digest = await planned(as(place, 'agent:helper'))
    expect(await eventsSince(place, before)).toMatchObject([
      { event: 'action_planned', details: { actor: 'agent:helper', operation: 'restore', target: '/srv/shop' } },
    ])
    expect(await planned(place)).toBe(digest)
    expect(await withPlan(place, parts(), decision({ apply: digest }), run)).toMatchObject({ kind: 'done', result: 'done' })
  })
})

describe('--apply', () => {
  test('of the same plan runs it, with a permit for what it destroys and for nothing else', async () => {
    const digest = await planned(place)
    const before = head()
    expect(await withPlan(place, parts(), decision({ apply: ` ${digest.toUpperCase()} ` }), run)).toMatchObject({
      kind: 'done',
      result: 'done',
    })
    const [permit] = ran
    expect(() => assertPermit(permit!, '/srv/shop')).not.toThrow()
    for (const other of ['/srv', '/srv/shop/x', '/srv/shop2', 'keys/00', ''])
      expect(() => assertPermit(permit!, other)).toThrow(expect.objectContaining({ code: 'no-permit' }))
    expect(await eventsSince(place, before)).toMatchObject([
      { event: 'action_confirmed', details: { actor: 'person:ann', plan: Buffer.from(digest, 'hex') } },
    ])
  })

  test.each<[string, Partial<PlanParts>, string]>([
    ['the target', { target: '/srv/other', destroys: ['/srv/other'] }, 'the target'],
    ["the target's state", { fingerprint: async () => Buffer.from('changed') }, "the target's state"],
    ['what would be destroyed', { destroys: ['/srv/shop', '/srv'] }, 'what would be deleted or overwritten'],
    ['the snapshot', { objects: ['another'] }, 'what it is about'],
  ])('stops when %s changed, names it, and records that', async (_what, change, named) => {
    const digest = await planned(place)
    const before = head()
    await expect(withPlan(place, parts(change), decision({ apply: digest }), run)).rejects.toMatchObject({
      name: 'StopError',
      code: 'plan-changed',
      message: expect.stringContaining(named),
    })
    expect(ran).toEqual([])
    expect(await eventsSince(place, before)).toMatchObject([{ event: 'action_refused', details: { reason: 'plan-changed' } }])
  })

  test('stops when somebody committed or changed a tag, and not when somebody only read', async () => {
    const digest = await planned(place)
    await place.repository.journal.append({ event: 'restore_attempted', details: {}, signing: place.repository.signing })
    expect(await planned(place)).toBe(digest)
    makeSampleTree(at(`tree-${home}`))
    const snapshot = await commitDirectory(place.repository, at(`tree-${home}`), 's')
    const committed = withPlan(place, parts(), decision({ apply: digest }), run)
    await expect(committed).rejects.toMatchObject({ code: 'plan-changed', message: expect.stringContaining('the journal') })
    const second = await planned(place)
    await setTag(place.repository, 'x', snapshot, { actor: place.actor })
    await expect(withPlan(place, parts(), decision({ apply: second }), run)).rejects.toMatchObject({ code: 'plan-changed' })
  })

  test.each(['00', 'zebra zone zoo', 'f'.repeat(64), ''])('of a digest that nobody was shown (%j) stops', async (apply) => {
    await expect(withPlan(place, parts(), decision({ apply }), run)).rejects.toMatchObject({
      code: 'plan-changed',
      message: expect.stringContaining('not made on this machine'),
    })
    expect(ran).toEqual([])
  })
})

describe('at a terminal', () => {
  test('the first three words of the digest are a yes', async () => {
    const before = head()
    const ask = async ({ words }: { words: readonly string[] }) => words.slice(0, 3).join(' ')
    expect(await withPlan(place, parts(), decision({ ask }), run)).toMatchObject({ kind: 'done' })
    expect(await events(before)).toEqual(['action_confirmed'])
  })

  test.each(['', 'yes', 'abandon abandon abandon'])('typing %j is a no', async (typed) => {
    const before = head()
    await expect(withPlan(place, parts(), decision({ ask: async () => typed }), run)).rejects.toMatchObject({
      name: 'StopError',
      code: 'not-confirmed',
    })
    expect([ran, await events(before)]).toEqual([[], ['action_refused']])
  })

  test('what changed while the person thought stops it', async () => {
    let state = 'before'
    const what = parts({ fingerprint: async () => Buffer.from(state) })
    const ask = async ({ words }: { words: readonly string[] }): Promise<string> => {
      state = 'after'
      return words.slice(0, 3).join(' ')
    }
    await expect(withPlan(place, what, decision({ ask }), run)).rejects.toMatchObject({
      code: 'plan-changed',
      message: expect.stringContaining("the target's state"),
    })
    expect(ran).toEqual([])
  })
})

describe('without a terminal', () => {
  let job: ActingPlace
  let jobIdentity: IdentityFile

  beforeEach(async () => {
    await addKey(place.repository, {
      key: { kind: 'identity', keep: async (made) => void (jobIdentity = made) },
      role: 'reader',
      label: 'job',
    })
    job = await withIdentity(place, jobIdentity, 'schedule:nightly')
  })

  async function grant(change: Partial<Parameters<typeof issueGrant>[1]> = {}): Promise<Buffer> {
    const member = place.repository.journal.member(jobIdentity.member)!
    return issueGrant(place.repository, { member, command: 'restore', target: '/srv/shop', series: '', reason: '', ...change })
  }

  test('nothing goes without a grant', async () => {
    const before = head()
    for (const who of [job, place]) {
      await expect(withPlan(who, parts(), decision(), run)).rejects.toMatchObject({ name: 'StopError', code: 'approval-needed' })
    }
    expect([ran, await events(before)]).toEqual([[], ['action_refused', 'action_refused']])
  })

  test('an owner’s grant for command and target is a yes, and its use is recorded', async () => {
    const id = await grant()
    const before = head()
    expect(await withPlan(job, parts(), decision(), run)).toMatchObject({ kind: 'done' })
    const found = await eventsSince(place, before)
    expect(found.map(({ event }) => event)).toEqual(['grant_used', 'action_confirmed'])
    expect(found[0]!.details).toMatchObject({ actor: 'schedule:nightly', grant: id })
  })

  test('a grant for the series, too', async () => {
    await grant({ series: 'shop' })
    expect(await withPlan(job, parts(), decision(), run)).toMatchObject({ kind: 'done' })
  })

  test.each<[string, Parameters<typeof grant>[0]]>([
    ['another target', { target: '/srv' }],
    ['another command', { command: 'key remove' }],
    ['another series', { series: 'mail' }],
  ])('a grant for %s is none', async (_what, change) => {
    await grant(change)
    await expect(withPlan(job, parts(), decision(), run)).rejects.toMatchObject({ code: 'approval-needed' })
  })

  test('a grant for somebody else is none', async () => {
    await grant({ member: place.repository.journal.member(place.identity.member)! })
    await expect(withPlan(job, parts(), decision(), run)).rejects.toMatchObject({ code: 'approval-needed' })
  })

  test('a grant that was revoked is none, also for a job that opened the repository before', async () => {
    const id = await grant()
    await job.repository.journal.refresh()
    await revokeGrant(place.repository, toHex(id).slice(0, 8), 'enough')
    await expect(withPlan(job, parts(), decision(), run)).rejects.toMatchObject({ code: 'approval-needed' })
    expect(listGrants(job.repository)).toEqual([])
  })

  test('what cannot be granted goes by no grant', async () => {
    await grant({ command: 'key remove', target: 'keys/00' })
    await expect(
      withPlan(job, parts({ operation: 'key remove', target: 'keys/00', destroys: ['keys/00'] }), decision(), run),
    ).rejects.toMatchObject({ code: 'approval-needed' })
  })

  test('a job that plans and applies by itself has no yes from anybody', async () => {
    const digest = await planned(job)
    await expect(withPlan(job, parts(), decision({ apply: digest }), run)).rejects.toMatchObject({ code: 'approval-needed' })
  })

  test('only owners issue and revoke grants', async () => {
    const id = await grant()
    const member = place.repository.journal.member(jobIdentity.member)!
    await expect(issueGrant(job.repository, { member, command: 'restore', target: '/', series: '', reason: '' })).rejects.toMatchObject({
      name: 'AccessError',
    })
    await expect(revokeGrant(job.repository, toHex(id), '')).rejects.toMatchObject({ name: 'AccessError' })
  })
})

describe('an AI agent', () => {
  test('is refused whatever it brings along, and each time that is recorded', async () => {
    const agent = as(place, 'agent:helper')
    const digest = await planned(place)
    await issueGrant(place.repository, {
      member: place.repository.journal.member(place.identity.member)!,
      command: 'restore',
      target: '/srv/shop',
      series: '',
      reason: '',
    })
    const before = head()
    const ask = async ({ words }: { words: readonly string[] }) => words.slice(0, 3).join(' ')
    for (const given of [{}, { apply: digest }, { ask }, { apply: digest, ask }]) {
      await expect(withPlan(agent, parts(), decision(given), run)).rejects.toMatchObject({ name: 'AccessError', code: 'agent-refused' })
    }
    await expect(refuseAgent(agent, 'repair index')).rejects.toMatchObject({ name: 'AccessError', code: 'agent-refused' })
    await expect(refuseAgent(place, 'repair index')).resolves.toBeUndefined()
    expect(ran).toEqual([])
    const found = await eventsSince(place, before)
    expect(found.map(({ event, details }) => [event, details['actor'], details['reason']])).toEqual(
      Array.from({ length: 5 }, () => ['action_refused', 'agent:helper', 'agent-refused']),
    )
  })
})

describe('when the journal cannot be written', () => {
  test('the record goes into the spool, the action goes on, and the record follows', async () => {
    let isDown = false
    const error = new StoreError('store-read-only', 'the store is read-only')
    const store = new FaultyStore(new MemoryStore(), {
      plan: ({ method, kind }) =>
        isDown && method === 'put' && kind === 'journal' ? { action: 'fail', when: 'before', error } : undefined,
    })
    place = await actingOwner(at(`home-${home++}`), 'person:ann', store)
    const digest = await planned(place)
    const before = head()
    isDown = true
    const how = decision({ apply: digest })
    expect(await withPlan(place, parts(), how, run)).toMatchObject({ kind: 'done' })
    expect(how.remarks.join()).toContain('read-only')
    expect(await waitingEvents(place)).toBe(1)
    isDown = false
    await flushAudit(place)
    expect([await events(before), await waitingEvents(place)]).toEqual([['action_confirmed'], 0])
  })

  test('and the spool cannot either, nothing is done', async () => {
    let isDown = false
    const error = new StoreError('store-io', 'down')
    const store = new FaultyStore(new MemoryStore(), {
      plan: ({ method, kind }) =>
        isDown && method === 'put' && kind === 'journal' ? { action: 'fail', when: 'before', error } : undefined,
    })
    place = await actingOwner(at(`home-${home++}`), 'person:ann', store)
    const digest = await planned(place)
    isDown = true
    fs.writeFileSync(at('no-directory'), '')
    const lost = { ...place, home: { directory: at('no-directory'), cacheDirectory: '' } }
    await expect(withPlan(lost, parts(), decision({ apply: digest }), run)).rejects.toMatchObject({ name: 'StoreError' })
    expect(ran).toEqual([])
  })
})
