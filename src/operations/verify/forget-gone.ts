import { fromHex, toHex } from '../../../format/bytes.ts'
import { packKey } from '../../../format/store-key.ts'
import { isUnreadable } from '../../repository/objects/damage.ts'
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
  for (const pack of memory.verified().keys()) if (!known.has(pack) && !(await isThere(store, pack))) gone.push(pack)
  if (gone.length > 0) memory.forget(gone)
}

/** Asked for by name: a listing may be stale, reading is not. */
async function isThere(store: ObjectStore, pack: string): Promise<boolean> {
  try {
    for (const kind of [1, 2] as const) if ((await store.size(packKey(kind, fromHex(pack)))) !== undefined) return true
    return false
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return true
  }
}
