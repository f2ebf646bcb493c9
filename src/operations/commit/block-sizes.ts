// How large blocks are; docs/decisions/0002 has the measurements.

import type { BlockSizes } from '../../repository/pack/chunk-writer.ts'

/** Solid blocks of 4 MiB; behind them room for the largest chunk and one read. Bytes. */
export const BLOCK_SIZES: BlockSizes = { blockBytes: 4 << 20, roomBytes: 3 << 20 }
