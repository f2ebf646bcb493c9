// What an entry needs must hold where it lands in the journal: between the look and the entry somebody else may have written.

import fs from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { toHex } from '../../format/bytes.ts'
import { journalKey } from '../../format/store-key.ts'
import { type CommitOptions, commit } from '../../src/operations/commit/commit.ts'
import { assertSameSource } from '../../src/operations/commit/series.ts'
import { issueGrant, listGrants } from '../../src/operations/grant/grant.ts'
import { listTags, removeTag, setTag } from '../../src/operations/tag/tag.ts'
import { SigningKey } from '../../src/repository/crypto/signing.ts'
import { seriesTag } from '../../src/repository/journal/entry-details.ts'
import type { SnapshotRecord } from '../../src/repository/journal/state.ts'
import { Repository } from '../../src/repository/repository.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'
import { FaultyStore, type Operation } from '../support/faulty-store.ts'
import { commitIn, FACTS, initIn, openAs, type TestOwner } from '../support/repository.ts'
import { scratch } from '../support/scratch.ts'
import { copyOfOwner } from '../support/soundness.ts'

const { at } = scratch()
const PERSON = { actor: 'person:anne', mayMove: true }
const AGENT = { actor: 'agent:helper', mayMove: false }
const WRITER = SigningKey.fromSeed(Buffer.alloc(32, 5))

let store: MemoryStore
let owner: TestOwner
/** Another client of the same repository. */
let other: Repository
let snapshots: readonly SnapshotRecord[]

beforeEach(async () => {
  store = new MemoryStore()
  owner = await initIn(store)
  fs.mkdirSync(at('tree'), { recursive: true })
  fs.writeFileSync(at('tree/f'), 'content')
  for (const series of ['one', 'two']) await commitIn(store, owner, at('tree'), { facts: { ...FACTS, series } })
  other = await openAs(store, copyOfOwner(owner))
  snapshots = other.journal.state.snapshots
})

/** The store, where something happens once just before an operation of the first client. */
function interrupted(isIt: (operation: Operation) => boolean, work: () => Promise<unknown>): ObjectStore {
  let isDone = false
  return new FaultyStore(store, {
    plan: (operation) => {
      if (isDone || !isIt(operation)) return undefined
      isDone = true
      return { action: 'meanwhile', work }
    },
  })
}

/** A client whose next entry finds that place taken. */
function overtaken(work: () => Promise<unknown>): Promise<Repository> {
  const next = journalKey(other.journal.state.head.sequence + 1)
  return openAs(
    interrupted(({ method, key }) => method === 'put' && key === next, work),
    copyOfOwner(owner),
  )
}

async function tagged(name: string): Promise<string | undefined> {
  await other.journal.refresh()
  const tag = listTags(other.journal.state).find((each) => each.name === name)
  return tag && toHex(tag.manifest)
}

describe('tags', () => {
  test('an agent does not move the tag that a person set at the same time', async () => {
    const agent = await overtaken(() => setTag(other, 'n', snapshots[0]!, PERSON))
    await expect(setTag(agent, 'n', snapshots[1]!, AGENT)).rejects.toMatchObject({ code: 'tag-exists' })
    expect(await tagged('n')).toBe(toHex(snapshots[0]!.manifest))
  })

  test('a person moves one, and an agent sets a new one', async () => {
    const person = await overtaken(() => setTag(other, 'n', snapshots[0]!, AGENT))
    await setTag(person, 'n', snapshots[1]!, PERSON)
    expect(await tagged('n')).toBe(toHex(snapshots[1]!.manifest))
  })

  test('a tag does not take the name of a series that began meanwhile', async () => {
    const late = await overtaken(() => commitIn(store, owner, at('tree'), { facts: { ...FACTS, series: 'n' } }))
    await expect(setTag(late, 'n', snapshots[0]!, PERSON)).rejects.toMatchObject({ code: 'tag-name' })
    expect(await tagged('n')).toBeUndefined()
  })

  test('a tag that was moved meanwhile is removed all the same; one that is gone is not found', async () => {
    await setTag(other, 'n', snapshots[0]!, PERSON)
    await removeTag(await overtaken(() => setTag(other, 'n', snapshots[1]!, PERSON)), 'n', 'person:bob')
    expect(await tagged('n')).toBeUndefined()
    await setTag(other, 'n', snapshots[0]!, PERSON)
    const late = await overtaken(() => removeTag(other, 'n', 'person:anne'))
    await expect(removeTag(late, 'n', 'person:bob')).rejects.toMatchObject({ code: 'tag-not-found' })
  })
})

test('nothing is granted to a member that was removed meanwhile', async () => {
  await changeWriter(['one'])
  const member = other.journal.member(WRITER.memberId)!
  const late = await overtaken(() => changeWriter(undefined))
  const grant = { member, command: 'restore', target: '/srv', series: '', reason: '' }
  await expect(issueGrant(late, grant)).rejects.toMatchObject({ code: 'member-not-found' })
  await other.journal.refresh()
  expect(listGrants(other)).toEqual([])
})

describe('a commit that was captured', () => {
  const FIRST_MANIFEST = ({ method, kind }: Operation): boolean => method === 'put' && kind === 'manifests'
  const count = async (): Promise<number> => {
    await other.journal.refresh()
    return other.journal.state.snapshots.length
  }

  test.each([
    ['removed', undefined],
    ['kept to another series', ['two']],
  ])('is refused when its writer was %s since', async (_, series) => {
    await changeWriter(['one'])
    const writer = await openAsWriter(interrupted(FIRST_MANIFEST, () => changeWriter(series)))
    await expect(commitTo(writer, 'one')).rejects.toMatchObject({ name: 'AccessError', code: 'not-a-writer' })
    expect(await count()).toBe(2)
  })

  test('is refused when its new series became a tag since', async () => {
    const late = await openAs(
      interrupted(FIRST_MANIFEST, () => setTag(other, 'n', snapshots[0]!, PERSON)),
      copyOfOwner(owner),
    )
    await expect(commitTo(late, 'n')).rejects.toMatchObject({ name: 'UsageError', code: 'series-is-tag' })
    expect(await count()).toBe(2)
  })

  test('is refused when its series began with another source since', async () => {
    const work = (): Promise<unknown> => commitIn(store, owner, at('tree'), { facts: { ...FACTS, series: 'n', host: 'elsewhere' } })
    const late = await openAs(interrupted(FIRST_MANIFEST, work), copyOfOwner(owner))
    const source = { root: captureRoot([at('tree')]), host: 'here' }
    const assertSource: CommitOptions['assertSource'] = (state) => assertSameSource(state, 'n', source)
    await expect(commitTo(late, 'n', { assertSource })).rejects.toMatchObject({ code: 'series-of-another-source' })
    expect(await count()).toBe(3)
  })
})

function commitTo(repository: Repository, series: string, more: Partial<CommitOptions> = {}): Promise<unknown> {
  return commit(repository, { root: captureRoot([at('tree')]), facts: { ...FACTS, series }, threads: 0, ...more })
}

/** Lets the writer commit to these series, or to nothing any more. */
async function changeWriter(series: readonly string[] | undefined): Promise<void> {
  const { journal, signing, writeKeys } = other
  const tags = (series ?? []).map((name) => seriesTag(writeKeys.journal, name))
  const writer = { key: WRITER.publicKey, roles: ['writer'] as const, series: tags }
  const clear = series === undefined ? { add: [], remove: [WRITER.memberId] } : { add: [writer], remove: [] }
  await journal.append({ event: 'permission_change', clear, details: { labels: {}, series: {}, reason: 'test' }, signing })
}

async function openAsWriter(from: ObjectStore): Promise<Repository> {
  const { keys, journal } = await openAs(from, copyOfOwner(owner))
  const { repository, write } = keys
  return new Repository({
    store: from,
    keys: { repository, ...(write && { write }), signing: WRITER, member: WRITER.memberId },
    journal,
  })
}
