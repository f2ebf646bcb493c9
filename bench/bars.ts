// What Cairn must reach: the bars of the comparison with restic, as ratios, and of memory, in bytes. A bar without corpora holds on all.

import type { CorpusName } from './corpus.ts'
import type { Operation } from './round.ts'

export type Figure = 'wall' | 'cpu' | 'memory' | 'size'

export interface Bar {
  readonly operation: Operation
  readonly figure: Figure
  readonly corpora?: readonly CorpusName[]
  /** Largest ratio of Cairn's figure to restic's. */
  readonly atMost: number
  readonly goal?: number
}

export const BARS: readonly Bar[] = [
  { operation: 'first', figure: 'wall', corpora: ['usr-lib'], atMost: 0.55, goal: 0.4 },
  { operation: 'first', figure: 'cpu', corpora: ['usr-lib'], atMost: 0.6, goal: 0.4 },
  { operation: 'first', figure: 'wall', corpora: ['small-files'], atMost: 0.45 },
  { operation: 'first', figure: 'size', corpora: ['usr-lib'], atMost: 0.93, goal: 0.88 },
  { operation: 'first', figure: 'size', corpora: ['small-files'], atMost: 0.72 },
  { operation: 'unchanged', figure: 'wall', atMost: 0.35 },
  { operation: 'changed', figure: 'wall', atMost: 0.45 },
  { operation: 'restore', figure: 'wall', atMost: 0.5 },
  { operation: 'verify', figure: 'wall', atMost: 0.8 },
  { operation: 'log', figure: 'wall', atMost: 0.35 },
]

/** Largest resident set of Cairn in any operation of a comparison, and at 1,000,000 files: decimal megabytes. */
export const MEMORY_BAR_BYTES = 400e6
export const SCALE_MEMORY_BAR_BYTES = 500e6
/** Largest ratio of the cost of a file at 1,000,000 files to that at 100,000. */
export const SCALE_COST_BAR = 1.2

export function barFor(operation: Operation, figure: Figure, corpus: CorpusName): Bar | undefined {
  return BARS.find((bar) => bar.operation === operation && bar.figure === figure && (bar.corpora?.includes(corpus) ?? true))
}
