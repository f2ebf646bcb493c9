// What must hold of a repository after whatever happened to those who wrote to it: it opens, for whoever knew it and for whoever never
// saw it; every snapshot reads back equal; nothing that is named is missing; the program's own verification finds nothing; and the next
// commit works and reads back equal.

import { expect } from 'vitest'
import { packKey } from '../../format/store-key.ts'
import type { VerifyProblem } from '../../src/operations/verify/problems.ts'
import { verify } from '../../src/operations/verify/verify.ts'
import { readSegments } from '../../src/repository/objects/segments.ts'
import type { Repository } from '../../src/repository/repository.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { commitIn, MemoryOfPins, openAs, type TestOwner } from './repository.ts'
import { linesInSnapshot, linesOnDisk, type TreeLines } from './tree.ts'

/** The same owner with a memory of its own: what one of its processes learns, the other does not. */
export function copyOfOwner(owner: TestOwner): TestOwner {
  const memory = new MemoryOfPins()
  for (const [repository, pinned] of owner.memory.pins) memory.pins.set(repository, pinned)
  return { ...owner, memory }
}

/** The owner on a machine that never saw the repository. */
export function strangerOf(owner: TestOwner): TestOwner {
  return { ...owner, memory: new MemoryOfPins() }
}

export interface Expected {
  /** The snapshots that there must be, in the order of the journal. */
  readonly snapshots: readonly TreeLines[]
  /** One that may have been committed besides, since who committed it never heard of it. */
  readonly maybe?: TreeLines
  /** Key slots of an `init` that did not finish may lie there, which a verification tells. */
  readonly strangeSlots?: boolean
}

/** Opens a repository with and without a memory of it and reads everything; returns how many snapshots there are. */
export async function expectSound(store: ObjectStore, owner: TestOwner, expected: Expected): Promise<number> {
  let count = 0
  for (const client of [copyOfOwner(owner), strangerOf(owner)]) {
    const repository = await openAs(store, client)
    expect(await readAll(repository)).toEqual(allOf(expected, repository.journal.state.snapshots.length))
    await expectNothingMissing(repository)
    count = repository.journal.state.snapshots.length
  }
  await expectVerifies(await openAs(store, strangerOf(owner)), expected)
  return count
}

async function expectVerifies(repository: Repository, { strangeSlots = false }: Expected): Promise<void> {
  const { problems } = await verify(repository, { dataShare: 1 })
  const isLeft = ({ kind, message }: VerifyProblem): boolean =>
    kind === 'key-slot' && message.startsWith('it belongs to another repository')
  expect(strangeSlots ? problems.filter((problem) => !isLeft(problem)) : problems).toEqual([])
}

/** As `expectSound`; then commits a directory as a new process would and expects all to be sound still. */
export async function expectGoesOn(store: ObjectStore, owner: TestOwner, expected: Expected, directory: string): Promise<void> {
  const count = await expectSound(store, owner, expected)
  const client = copyOfOwner(owner)
  await commitIn(store, client, directory)
  await expectSound(store, client, {
    strangeSlots: expected.strangeSlots === true,
    snapshots: [...allOf(expected, count), linesOnDisk(directory)],
  })
}

/** Every snapshot of an open repository, read chunk by chunk. */
export async function readAll(repository: Repository): Promise<TreeLines[]> {
  const found: TreeLines[] = []
  for (const snapshot of repository.journal.state.snapshots) found.push(await linesInSnapshot(repository, snapshot))
  return found
}

function allOf({ snapshots, maybe }: Expected, count: number): readonly TreeLines[] {
  return maybe !== undefined && count === snapshots.length + 1 ? [...snapshots, maybe] : snapshots
}

/** What a later commit deduplicates against must exist: a segment that names a lost pack would lose files without a word. */
async function expectNothingMissing({ store, segmentContext, journal }: Repository): Promise<void> {
  for await (const segment of readSegments(store, segmentContext)) {
    if ('message' in segment) throw new Error(`${segment.object}: ${segment.message}`)
    for (const { kind, id, packBytes } of segment.body.packs) expect(await store.size(packKey(kind, id))).toBe(packBytes)
  }
  const { snapshots, tags } = journal.state
  const known = new Set(snapshots.map(({ manifest }) => Buffer.from(manifest).toString('hex')))
  for (const manifest of tags.values()) expect(known).toContain(Buffer.from(manifest).toString('hex'))
}
