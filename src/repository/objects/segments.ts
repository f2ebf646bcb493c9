// Index segments in the store: written after packs, read before anything is deduplicated or restored. A bad one is skipped and
// reported, never an obstacle. SPEC §6.4.

import type { SegmentPack } from '../../../format/index-segment.ts'
import { LIMITS } from '../../../format/limits.ts'
import { parseStoreKey, segmentKey } from '../../../format/store-key.ts'
import { StoreError } from '../../errors.ts'
import { sha256 } from '../crypto/hash.ts'
import type { SignedContext } from '../crypto/signed-object.ts'
import type { SigningKey } from '../crypto/signing.ts'
import { openSegment, sealSegment } from '../crypto/symmetric.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { ChunkIndex } from './chunk-index.ts'

/** What reading the segments brought: the index, the segments' names, and what had to be skipped. */
export interface LoadedIndex {
  readonly index: ChunkIndex
  /** Names of the segments that were read, as hex, ascending. */
  readonly segments: readonly string[]
  readonly problems: readonly SegmentProblem[]
}

export interface SegmentProblem {
  /** The store key of the segment. */
  readonly object: string
  readonly message: string
}

export interface SegmentContext extends SignedContext {
  readonly indexKey: Uint8Array
}

/**
 * Loads the index from all segments, or only from those that `isTrusted` admits by signer and packs.
 * @throws {StoreError} when the store fails; bad segments are problems of the result.
 */
export async function loadIndex(
  store: ObjectStore,
  context: SegmentContext,
  isTrusted: (signer: Uint8Array, pack: SegmentPack) => boolean = () => true,
): Promise<LoadedIndex> {
  const index = new ChunkIndex()
  const segments: string[] = []
  const problems: SegmentProblem[] = []
  for await (const { key } of store.list('index/')) {
    try {
      const { body, signer } = await readSegment(store, key, context)
      index.add({ superseded: body.superseded, packs: body.packs.filter((pack) => isTrusted(signer, pack)) })
      segments.push(key)
    } catch (error) {
      if (error instanceof StoreError) throw error
      problems.push({ object: key, message: (error as Error).message })
    }
  }
  return { index, segments, problems }
}

async function readSegment(store: ObjectStore, key: string, context: SegmentContext): Promise<ReturnType<typeof openSegment>> {
  const parsed = parseStoreKey(key)
  const bytes = await store.get(key, { maxBytes: LIMITS.segmentRawBytes })
  if (bytes === undefined || parsed.kind !== 'segment') throw new Error(`The index segment ${key} vanished while it was read.`)
  if (!sha256(bytes).equals(parsed.id)) throw new Error(`The index segment ${key} is not what its name says.`)
  return openSegment(bytes, context)
}

/** Writes one segment over the packs; returns its key and size in bytes. The packs must be durable already. SPEC §3.2 */
export async function writeSegment(
  store: ObjectStore,
  packs: readonly SegmentPack[],
  keys: { readonly repository: Uint8Array; readonly indexKey: Uint8Array; readonly signing: SigningKey },
): Promise<{ key: string; storedBytes: number }> {
  const { id, bytes } = sealSegment({ superseded: [], packs }, keys)
  const key = segmentKey(id)
  await store.put(key, bytes)
  return { key, storedBytes: bytes.length }
}

/** The keys of all segments in the store, ascending; nothing is read. */
export async function listSegments(store: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('index/')) keys.push(key)
  return keys
}
