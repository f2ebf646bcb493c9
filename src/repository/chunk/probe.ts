// Finds blocks that cannot be compressed from a small sample, so that they are stored as they are. docs/decisions/0002 has the
// measurements: a decision for each block loses next to nothing, one for each file lost 1 % of the repository.

import { constants, zstdCompressSync } from 'node:zlib'

const SAMPLES = 16
const SAMPLE_BYTES = 4096
const POOLED_BYTES = SAMPLES * SAMPLE_BYTES
/** Bits a byte; the entropy of 64 KiB of random bytes is 7.997. */
const RANDOM_ENTROPY = 7.99
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: 2 * POOLED_BYTES }

const pooled = Buffer.alloc(POOLED_BYTES)
const counts = new Uint32Array(256)

/** Whether samples spread over the bytes look random and do not shrink. Fewer than 256 KiB are compressed without asking. */
export function isIncompressible(bytes: Uint8Array): boolean {
  if (bytes.length < 4 * POOLED_BYTES) return false
  const stride = Math.floor((bytes.length - SAMPLE_BYTES) / (SAMPLES - 1))
  for (let sample = 0; sample < SAMPLES; sample++) {
    pooled.set(bytes.subarray(sample * stride, sample * stride + SAMPLE_BYTES), sample * SAMPLE_BYTES)
  }
  return entropyOfPool() >= RANDOM_ENTROPY && zstdCompressSync(pooled, OPTIONS).length >= POOLED_BYTES
}

/** Bits a byte. */
function entropyOfPool(): number {
  counts.fill(0)
  for (let at = 0; at < POOLED_BYTES; at++) counts[pooled[at]!]!++ // an iterator would make an object of each byte
  let bits = 0
  for (const count of counts) if (count > 0) bits -= (count / POOLED_BYTES) * Math.log2(count / POOLED_BYTES)
  return bits
}
