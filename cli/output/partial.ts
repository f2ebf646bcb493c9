// What is said of a snapshot that is partial: it was made while something could not be read.

import { toHex } from '../../format/bytes.ts'
import type { SnapshotRecord } from '../../src/repository/journal/state.ts'
import { colour, plural } from './human.ts'
import type { Output } from './output.ts'

/** That something may be missing in a snapshot, and where to see what. */
export function partialLine({ manifest }: SnapshotRecord, problemCount: number): string {
  const id = toHex(manifest).slice(0, 8)
  return `${colour('yellow', 'partial')} ${id}: the snapshot was made with ${plural(problemCount, 'problem')}, see 'cairn show ${id}'`
}

/** Says of each partial snapshot that it is one. */
export function notePartial(output: Output, snapshots: readonly SnapshotRecord[]): void {
  for (const snapshot of snapshots) {
    const { problemCount } = snapshot.details
    if (problemCount > 0) output.note(partialLine(snapshot, problemCount))
  }
}
