import type { DirectoryTable } from '../../targets/directory-table.ts'

/** All directories but the root by their depth, the topmost first: those of one level can be made in any order, at once. */
export function directoryLevels(table: DirectoryTable): Uint32Array[] {
  const depths = new Uint32Array(table.count)
  const counts: number[] = []
  for (let index = 1; index < table.count; index++) {
    const depth = depths[table.parent(index)]! + 1
    depths[index] = depth
    counts[depth - 1] = (counts[depth - 1] ?? 0) + 1
  }
  const levels = counts.map((count) => new Uint32Array(count))
  const next = counts.map(() => 0)
  for (let index = 1; index < table.count; index++) {
    const level = depths[index]! - 1
    levels[level]![next[level]!++] = index
  }
  return levels
}
