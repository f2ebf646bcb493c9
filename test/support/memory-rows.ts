// The catalog's rows in memory, for tests that commit as the program does but without its catalog.

import type { CaptureCache } from '../../src/operations/commit/cached-directory.ts'

export class MemoryRows implements CaptureCache {
  /** By `path/number`, as `keyOf` makes it. */
  readonly rows = new Map<string, Buffer>()

  get(path: string, part: number): Buffer | undefined {
    const row = this.rows.get(keyOf(path, part))
    return row && Buffer.from(row) // whoever gets a row may discard it
  }

  put(path: string, part: number, row: Buffer): void {
    this.rows.set(keyOf(path, part), row)
  }

  cut(path: string, from: number): void {
    for (let part = from; this.rows.delete(keyOf(path, part)); ) part++
  }
}

export function keyOf(path: string, part: number): string {
  return `${path}/${part}`
}
