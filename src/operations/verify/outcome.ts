// What a verification is asked for, and what it tells.

import type { SnapshotRecord } from '../../repository/journal/state.ts'
import type { DataCounts } from './data.ts'
import type { VerifyProblem } from './problems.ts'
import type { VerifyMemory } from './sample.ts'
import type { TreeCounts } from './tree-check.ts'

export interface VerifyOptions {
  /** Only this snapshot; all, unless told. */
  readonly snapshot?: SnapshotRecord
  /** Reads packs, too: this share of their bytes, above 0 to 1; those verified longest ago first. Those found damaged are read in any case. */
  readonly dataShare?: number
  readonly memory?: VerifyMemory
  readonly threadCount?: number
  readonly onProgress?: (progress: VerifyProgress) => void
  readonly signal?: AbortSignal
}

export interface VerifyProgress {
  readonly phase: 'journal' | 'trees' | 'data' | 'harm'
  /** Snapshots or packs, and bytes of packs. */
  readonly done: number
  readonly total: number
  readonly bytes: number
  readonly totalBytes: number
}

export interface VerifyOutcome {
  readonly ok: boolean
  readonly problems: readonly VerifyProblem[]
  /** Lost entries of the journal that an owner accepted; lost packs that nothing needs that was checked, when nothing else is wrong. */
  readonly remarks: readonly VerifyProblem[]
  readonly journal: { readonly entries: number; readonly voids: number; readonly head: number }
  readonly snapshots: number
  readonly trees: TreeCounts
  readonly packs: { readonly count: number; readonly bytes: number }
  /** Absent when no data was asked for, and none was to be read again. */
  readonly data: DataCounts | undefined
  /** What no segment and no journal entry names: left by interrupted commits, or found by `repair index`. */
  readonly orphans: { readonly packs: number; readonly packBytes: number; readonly manifests: number }
  readonly durationMs: number
}
