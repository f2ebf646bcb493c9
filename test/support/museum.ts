// A repository with one of each kind of file in it, to be damaged: several snapshots of two series, a tag, a checkpoint, a lease that
// somebody left. And what depends on what in it, so that a test can say beforehand what a damage may cost.

import { toHex } from '../../format/bytes.ts'
import { PACK_HEADER_BYTES } from '../../format/pack.ts'
import { packKey } from '../../format/store-key.ts'
import type { Stream } from '../../format/stream.ts'
import type { Entry } from '../../format/tree.ts'
import { writeCheckpoint } from '../../src/repository/journal/checkpoints.ts'
import type { SnapshotRecord } from '../../src/repository/journal/state.ts'
import { Lease } from '../../src/repository/lease.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { randomBytes } from '../../src/runtime/random.ts'
import { commitIn, FACTS, initIn, openAs, type TestOwner } from './repository.ts'
import { salvage } from './salvage.ts'
import { editSampleTree, makeSampleTree } from './sample-tree.ts'
import { objectsOf, type StoredObjects } from './stored-objects.ts'

/** A sealed block of a pack: what a reader needs whole. */
export interface BlockRegion {
  readonly pack: string
  readonly from: number
  readonly to: number
}

export interface Exhibit {
  readonly snapshot: SnapshotRecord
  /** What salvage finds while nothing is damaged. */
  readonly found: ReadonlyMap<string, string>
  /** The blocks that a path needs, those of the directories above it included. */
  readonly needs: ReadonlyMap<string, readonly BlockRegion[]>
}

export interface Museum {
  readonly objects: StoredObjects
  readonly owner: TestOwner
  readonly exhibits: readonly Exhibit[]
}

/** Makes the repository from trees in a scratch directory; `enrich` may add to the first tree. */
export async function makeMuseum(directory: string, enrich: (tree: string) => void = () => undefined): Promise<Museum> {
  const [alpha, beta] = [`${directory}/alpha`, `${directory}/beta`]
  makeSampleTree(alpha)
  makeSampleTree(beta)
  editSampleTree(beta, 50)
  enrich(alpha)
  const store = new MemoryStore()
  const owner = await initIn(store)
  await commitIn(store, owner, alpha, { facts: { ...FACTS, series: 'alpha' } })
  await commitIn(store, owner, beta, { facts: { ...FACTS, series: 'beta' } })
  await tagAndCheckpoint(await openAs(store, owner))
  for (const round of [1, 2]) {
    editSampleTree(alpha, round)
    await commitIn(store, owner, alpha, { facts: { ...FACTS, series: 'alpha' } })
  }
  const repository = await openAs(store, owner)
  for (let i = 0; i < 2; i++) await Lease.take(repository, randomBytes(16))
  return { objects: await objectsOf(store), owner, exhibits: await exhibitsOf(repository) }
}

async function tagAndCheckpoint(repository: Repository): Promise<void> {
  const { journal, signing } = repository
  const { manifest } = journal.state.snapshots[0]!
  await journal.append({ event: 'tag_set', clear: { manifest: Buffer.from(manifest) }, details: { name: 'first' }, signing })
  await writeCheckpoint(journal, { journalKey: repository.writeKeys.journal, signing })
}

async function exhibitsOf(repository: Repository): Promise<Exhibit[]> {
  const exhibits: Exhibit[] = []
  for (const snapshot of repository.journal.state.snapshots) {
    const { found, lost } = await salvage(repository, snapshot)
    if (lost.size > 0) throw new Error('the museum is damaged from the start')
    exhibits.push({ snapshot, found, needs: await needsOf(repository, snapshot) })
  }
  return exhibits
}

async function needsOf(repository: Repository, snapshot: SnapshotRecord): Promise<Map<string, readonly BlockRegion[]>> {
  const needs = new Map<string, readonly BlockRegion[]>()
  const visit = async (entry: Entry, path: string, above: readonly BlockRegion[]): Promise<void> => {
    const own = [...above, ...(entry.content === undefined ? [] : await regionsOf(repository, entry.content))]
    needs.set(path, own)
    if (entry.type !== 2) return
    for await (const child of repository.readTree(entry.content!))
      await visit(child, `${path}/${Buffer.from(child.name).toString('latin1')}`, own)
  }
  await visit((await repository.readManifest(snapshot)).root, '', [])
  return needs
}

async function regionsOf(repository: Repository, stream: Stream): Promise<BlockRegion[]> {
  const index = await repository.index()
  const regions: BlockRegion[] = []
  for (const { id } of stream.items) {
    if (id === undefined) continue
    const [place, ...others] = index.find(id)
    if (place === undefined || others.length > 0 || stream.depth > 0) throw new Error(`chunk ${toHex(id)} has not one place`)
    const { offset, sealedBytes } = place.block
    regions.push({ pack: packKey(place.pack.kind, place.pack.id), from: offset, to: offset + sealedBytes })
  }
  return regions
}

/** Whether a change of these bytes of a pack makes a block of it unreadable: the block's own, or the header that holds its key. */
export function spoils(regions: ReadonlyMap<string, { readonly from: number; readonly to: number }>, block: BlockRegion): boolean {
  const region = regions.get(block.pack)
  return region !== undefined && (region.from < PACK_HEADER_BYTES || (region.from < block.to && block.from < region.to))
}
