// What a partial snapshot may lack: its problems were met when it was made, and no restore can mend them.

import { equalBytes } from '../../format/bytes.ts'
import type { Manifest } from '../../format/manifest.ts'
import { pathParts } from './snapshot-tree.ts'

/** How many problems of the capture concern what lies at a path of the snapshot. */
export function problemsAt({ problems, problemCount }: Manifest, path: readonly Uint8Array[]): number {
  // A manifest has room for some problems only; those that it does not name may lie anywhere.
  if (path.length === 0 || problems.length < problemCount) return problemCount
  return problems.filter((problem) => onOneWay(pathParts(problem.path), path)).length
}

/** Whether one path is the other, or leads to it. */
function onOneWay(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.slice(0, b.length).every((name, depth) => equalBytes(name, b[depth]!))
}
