// Finds early what cannot be compressed, from a small sample, so that it is stored as it is. docs/decisions/0002.

import { constants, zstdCompressSync } from 'node:zlib'

const SAMPLE_BYTES = 16 << 10
const SHRINKS_BELOW = 0.97
/** Less than this is compressed without asking. */
const MIN_PROBED_BYTES = 64 << 10
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: SAMPLE_BYTES + 1024 }

/** Whether a sample from the middle of the bytes does not shrink by at least 3 %. */
export function isIncompressible(bytes: Uint8Array): boolean {
  if (bytes.length < MIN_PROBED_BYTES) return false
  const from = (bytes.length - SAMPLE_BYTES) >> 1
  return zstdCompressSync(bytes.subarray(from, from + SAMPLE_BYTES), OPTIONS).length > SHRINKS_BELOW * SAMPLE_BYTES
}
