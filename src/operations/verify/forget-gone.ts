import { toHex } from '../../../format/bytes.ts'
import { isPackThere } from '../../repository/objects/pack-presence.ts'
import type { LoadedIndex } from '../../repository/objects/segments.ts'
import type { ObjectStore } from '../../repository/store/object-store.ts'
import type { PackHealth } from './pack-health.ts'
import type { VerifyMemory } from './sample.ts'

/**
 * Forgets what was remembered of packs that the store no longer has and no segment names. A pack that a segment still names may come
 * back, as from a copy of the store, and would be as bad as it was.
 */
export async function forgetGone(memory: VerifyMemory, store: ObjectStore, { index }: LoadedIndex, health: PackHealth): Promise<void> {
  const known = new Set([...health.packs.values(), ...index.packs].map(({ id }) => toHex(id)))
  const gone: string[] = []
  for (const pack of memory.verified().keys()) if (!known.has(pack) && !(await isPackThere(store, pack))) gone.push(pack)
  if (gone.length > 0) memory.forget(gone)
}
