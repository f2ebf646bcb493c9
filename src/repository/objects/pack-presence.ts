import { fromHex } from '../../../format/bytes.ts'
import { packKey } from '../../../format/store-key.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { isUnreadable } from './damage.ts'

/** Whether a pack of either kind, by id as hexadecimal, is in the store. Asked for by name: a listing may be stale, reading is not. */
export async function isPackThere(store: ObjectStore, pack: string): Promise<boolean> {
  try {
    for (const kind of [1, 2] as const) if ((await store.size(packKey(kind, fromHex(pack)))) !== undefined) return true
    return false
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return true
  }
}
