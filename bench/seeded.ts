// Reproducible chance for the benches: numbers, text and edits depend on a seed and on nothing else, so that two machines measure
// the same corpus. Not for anything secret.

export interface SeededRandom {
  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number
  /** A whole number from 0 to `limit` - 1; `limit` from 1 to 2^32. */
  below(limit: number): number
}

/** Generator mulberry32: 32 bits of state, period 2^32. */
export function seededRandom(seed: number): SeededRandom {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0
  const uint32 = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return { uint32, below: (limit) => Math.floor((uint32() / 0x1_0000_0000) * limit) }
}

/** The item at a seeded place of a list that is not empty. */
export function pick<Item>(random: SeededRandom, items: readonly Item[]): Item {
  const item = items[random.below(items.length)]
  if (item === undefined) throw new RangeError('cannot pick from an empty list')
  return item
}
