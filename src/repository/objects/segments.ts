// Index segments in the store: written after packs, read before anything is deduplicated or restored. A bad one is skipped and
// reported, never an obstacle; one that an owner's segment supersedes is ignored. SPEC §6.4.

import type { SegmentBody, SegmentPack } from '../../../format/index-segment.ts'
import { LIMITS } from '../../../format/limits.ts'
import { parseStoreKey, segmentKey } from '../../../format/store-key.ts'
import { StoreError } from '../../errors.ts'
import { sha256 } from '../crypto/hash.ts'
import type { SignedContext } from '../crypto/signed-object.ts'
import type { SigningKey } from '../crypto/signing.ts'
import { openSegment, sealSegment } from '../crypto/symmetric.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { ChunkIndex } from './chunk-index.ts'

/** Header, tag and signature take some bytes beyond the raw size; more than this they cannot be. */
const SEALING_BYTES = 1 << 20

/** What reading the segments brought: the index, the segments' names, and what had to be skipped. */
export interface LoadedIndex {
  readonly index: ChunkIndex
  /** Keys of the segments that were read and are not superseded, ascending. */
  readonly segments: readonly string[]
  readonly problems: readonly SegmentProblem[]
}

export interface SegmentProblem {
  /** The store key of the segment. */
  readonly object: string
  readonly message: string
}

/** A segment that could be read. */
export interface ReadSegment {
  /** Its store key. */
  readonly object: string
  readonly body: SegmentBody
  readonly signer: Uint8Array
}

export interface SegmentContext extends SignedContext {
  readonly indexKey: Uint8Array
  /** Whether other segments are to be ignored when a segment by this member says so. */
  readonly maySupersede: (member: Uint8Array) => boolean
}

export interface LoadOptions {
  /** Which packs of whose segments count; all, unless told. */
  readonly isTrusted?: (signer: Uint8Array, pack: SegmentPack) => boolean
  /** Sees each segment as it is read, perhaps twice; those that count are in the result. */
  readonly onSegment?: ((segment: ReadSegment) => void) | undefined
}

/**
 * Loads the index from all segments.
 * @throws {StoreError} when the store fails; bad segments are problems of the result.
 */
export async function loadIndex(store: ObjectStore, context: SegmentContext, options: LoadOptions = {}): Promise<LoadedIndex> {
  const superseded = new Set<string>()
  const loaded = await loadAllBut(superseded, store, context, options)
  // Segments come in the order of their names: one may have come before the one that supersedes it.
  return loaded.segments.some((key) => superseded.has(key)) ? loadAllBut(superseded, store, context, options) : loaded
}

/** Loads all segments but the superseded ones; adds those that turn out to be. */
async function loadAllBut(
  superseded: Set<string>,
  store: ObjectStore,
  context: SegmentContext,
  options: LoadOptions,
): Promise<LoadedIndex> {
  const { isTrusted = () => true, onSegment } = options
  const index = new ChunkIndex()
  const segments: string[] = []
  const problems: SegmentProblem[] = []
  for await (const segment of readSegments(store, context)) {
    if ('message' in segment) {
      problems.push(segment)
      continue
    }
    const { object, body, signer } = segment
    if (context.maySupersede(signer)) for (const id of body.superseded) superseded.add(segmentKey(id))
    if (superseded.has(object)) continue
    onSegment?.(segment)
    index.add({ superseded: [], packs: body.packs.filter((pack) => isTrusted(signer, pack)) })
    segments.push(object)
  }
  return { index, segments, problems: problems.filter(({ object }) => !superseded.has(object)) }
}

/** Opens every segment in the store, or says why it does not open; ascending by key. @throws {StoreError} when the store fails. */
export async function* readSegments(store: ObjectStore, context: SegmentContext): AsyncGenerator<ReadSegment | SegmentProblem> {
  for await (const { key } of store.list('index/')) {
    try {
      yield { object: key, ...(await readSegment(store, key, context)) }
    } catch (error) {
      if (error instanceof StoreError) throw error
      yield { object: key, message: (error as Error).message }
    }
  }
}

async function readSegment(store: ObjectStore, key: string, context: SegmentContext): Promise<ReturnType<typeof openSegment>> {
  const parsed = parseStoreKey(key)
  const bytes = await store.get(key, { maxBytes: LIMITS.segmentRawBytes + SEALING_BYTES })
  if (bytes === undefined || parsed.kind !== 'segment') throw new Error(`The index segment ${key} vanished while it was read.`)
  if (!sha256(bytes).equals(parsed.id)) throw new Error(`The index segment ${key} is not what its name says.`)
  return openSegment(bytes, context)
}

/** Writes one segment over the packs; returns its key and size in bytes. The packs must be durable already. SPEC §3.2 */
export async function writeSegment(
  store: ObjectStore,
  packs: readonly SegmentPack[],
  keys: { readonly repository: Uint8Array; readonly indexKey: Uint8Array; readonly signing: SigningKey },
  superseded: readonly Uint8Array[] = [],
): Promise<{ key: string; storedBytes: number }> {
  const { id, bytes } = sealSegment({ superseded, packs }, keys)
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
