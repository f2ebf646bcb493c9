import { toHex } from '../../../format/bytes.ts'
import { manifestKey } from '../../../format/store-key.ts'
import type { JournalState } from '../../repository/journal/state.ts'
import type { LoadedIndex } from '../../repository/objects/segments.ts'
import type { ObjectStore } from '../../repository/store/object-store.ts'
import type { VerifyOutcome } from './outcome.ts'
import { type PackHealth, sumBytes } from './pack-health.ts'

/** Counts the packs that no segment names, and the manifests that no entry names. */
export async function countOrphans(
  store: ObjectStore,
  state: JournalState,
  { index }: LoadedIndex,
  health: PackHealth,
): Promise<VerifyOutcome['orphans']> {
  const indexed = new Set(index.packs.map(({ id }) => toHex(id)))
  const packs = [...health.packs.values()].filter(({ id }) => !indexed.has(toHex(id)))
  const named = new Set(state.snapshots.map(({ manifest }) => manifestKey(manifest)))
  let manifests = 0
  for await (const { key } of store.list('manifests/')) if (!named.has(key)) manifests++
  return { packs: packs.length, packBytes: sumBytes(packs), manifests }
}
