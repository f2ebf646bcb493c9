// What travels between the main thread and the threads of a verification.

import type { SegmentPack } from '../../../format/index-segment.ts'
import type { PackKind } from '../../../format/pack.ts'

/** What a thread is given at its start. It holds no read key and no store. */
export interface VerifyWorkerData {
  readonly repository: Uint8Array
  readonly idKey: Uint8Array
}

export interface PackJob {
  readonly kind: PackKind
  /** What the pack's bytes must hash to. */
  readonly id: Uint8Array
  /** The first `packBytes` of it are the pack. */
  readonly buffer: SharedArrayBuffer
  readonly packBytes: number
  /** From the pack's header; absent when that does not open. */
  readonly keys: { readonly blockKey: Uint8Array; readonly directoryKey: Uint8Array } | undefined
  /** What the index says of the pack, for when its directory does not open. */
  readonly indexed: SegmentPack | undefined
}

/** What became of a pack. */
export interface PackVerdict {
  /** What is wrong with it; empty when nothing is. */
  readonly messages: readonly string[]
  /** Blocks that cannot be read any more. */
  readonly badBlocks: readonly number[]
  /** Whether nothing in it can be read. */
  readonly lost: boolean
  /** What a reader can attest of it; absent when its directory does not open. SPEC §6.4 */
  readonly attestation: Uint8Array | undefined
  readonly chunks: number
}
