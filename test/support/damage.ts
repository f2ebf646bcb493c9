// Damage as disks, networks and people do it: bits flip, sectors turn to zeros, files are cut off, grow, change places or go away.

import { pick, type SeededRandom } from '../../bench/seeded.ts'
import type { StoredObjects } from './stored-objects.ts'

export const DAMAGES = ['flip', 'zero', 'truncate', 'extend', 'swap', 'delete'] as const
export type Damage = (typeof DAMAGES)[number]

/** What was done: which objects, and in which bytes of them. */
export interface Damaged {
  readonly objects: StoredObjects
  /** Keys of the objects that are not what they were, each with the bytes that changed, from `from` up to `to`. */
  readonly regions: ReadonlyMap<string, { readonly from: number; readonly to: number }>
}

const EVERYTHING = { from: 0, to: Number.POSITIVE_INFINITY }
const MOST_ZEROS = 64
const MOST_BYTES_MORE = 100

/** Damages one of `keys`, or two of them by a swap; undefined when that cannot be done to these. */
export function damage(objects: StoredObjects, keys: readonly string[], how: Damage, random: SeededRandom): Damaged | undefined {
  const key = pick(random, keys)
  const bytes = objects.get(key)!
  switch (how) {
    case 'flip':
      return flipped(objects, key, bytes, random)
    case 'zero':
      return zeroed(objects, key, bytes, random)
    case 'truncate': {
      const length = random.below(bytes.length)
      return changed(objects, key, bytes.subarray(0, length), { from: length, to: bytes.length })
    }
    case 'extend': {
      const more = Buffer.from(Array.from({ length: 1 + random.below(MOST_BYTES_MORE) }, () => random.below(256)))
      return changed(objects, key, Buffer.concat([bytes, more]), { from: bytes.length, to: bytes.length + more.length })
    }
    case 'swap':
      return swapped(objects, key, keys, random)
    case 'delete':
      return { objects: new Map([...objects].filter(([other]) => other !== key)), regions: new Map([[key, EVERYTHING]]) }
  }
}

function flipped(objects: StoredObjects, key: string, bytes: Buffer, random: SeededRandom): Damaged {
  const copy = Buffer.from(bytes)
  const offset = random.below(bytes.length)
  copy[offset]! ^= 1 << random.below(8)
  return changed(objects, key, copy, { from: offset, to: offset + 1 })
}

function zeroed(objects: StoredObjects, key: string, bytes: Buffer, random: SeededRandom): Damaged {
  for (;;) {
    const from = random.below(bytes.length)
    const to = Math.min(bytes.length, from + 1 + random.below(MOST_ZEROS))
    const copy = Buffer.from(bytes).fill(0, from, to)
    if (!copy.equals(bytes)) return changed(objects, key, copy, { from, to })
  }
}

function swapped(objects: StoredObjects, key: string, keys: readonly string[], random: SeededRandom): Damaged | undefined {
  const others = keys.filter((other) => !objects.get(other)!.equals(objects.get(key)!))
  if (others.length === 0) return undefined
  const other = pick(random, others)
  const copy = new Map(objects).set(key, objects.get(other)!).set(other, objects.get(key)!)
  return { objects: copy, regions: new Map([key, other].map((each) => [each, EVERYTHING])) }
}

function changed(objects: StoredObjects, key: string, bytes: Buffer, region: { from: number; to: number }): Damaged {
  return { objects: new Map(objects).set(key, bytes), regions: new Map([[key, region]]) }
}
