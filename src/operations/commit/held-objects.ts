// What the store holds when a commit begins: nothing may be deduplicated against what is not there, neither by the index nor by the
// catalog's rows of an earlier commit. SPEC §6.4, §9.2.2.

import { toHex } from '../../../format/bytes.ts'
import { parseStoreKey } from '../../../format/store-key.ts'
import { listSegments } from '../../repository/objects/segments.ts'
import type { ObjectStore } from '../../repository/store/object-store.ts'

const ID_DIGITS = 24

export interface HeldObjects {
  /** Keys of the index segments. */
  readonly segments: readonly string[]
  /** Sizes of the packs in bytes, by id as hex. */
  readonly packs: ReadonlyMap<string, number>
}

/** Lists segments and packs; nothing is read. */
export async function heldObjects(store: ObjectStore): Promise<HeldObjects> {
  // Segments first: a pack is stored before the segment that names it.
  const segments = await listSegments(store)
  return { segments, packs: await packSizes(store) }
}

/** The objects as texts, which the catalog keeps beside the rows that rely on them. */
export function heldNames({ segments, packs }: HeldObjects): string[] {
  return [...segments, ...[...packs].map(([id, bytes]) => packName(id, bytes))]
}

/** A pack among `heldNames`: `id` as hex. */
export function packName(id: string, bytes: number): string {
  return `${id.slice(0, ID_DIGITS)}:${bytes}`
}

/** Whether one of these packs, by id as hex, is among `heldNames`, in whatever size. */
export function holdsAny(held: readonly string[], packs: ReadonlySet<string>): boolean {
  const wanted = new Set([...packs].map((id) => id.slice(0, ID_DIGITS)))
  return wanted.size > 0 && held.some((name) => wanted.has(name.slice(0, ID_DIGITS)))
}

async function packSizes(store: ObjectStore): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  for (const prefix of ['packs/data/', 'packs/tree/'] as const) {
    for await (const { key, bytes } of store.list(prefix)) {
      const parsed = parseStoreKey(key)
      if (parsed.kind === 'pack') sizes.set(toHex(parsed.id), bytes)
    }
  }
  return sizes
}
