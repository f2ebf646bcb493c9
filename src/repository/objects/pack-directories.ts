// The index as the packs tell it: their own directories, opened one by one. For `repair index`, and for readers when no segment
// knows a chunk. SPEC §9.3.1.

import { asBuffer } from '../../../format/bytes.ts'
import { type SegmentPack, SHORT_ID_BYTES } from '../../../format/index-segment.ts'
import { type DirectoryBlock, PACK_FOOTER_BYTES, PACK_HEADER_BYTES, type PackKind } from '../../../format/pack.ts'
import { parseStoreKey } from '../../../format/store-key.ts'
import { IntegrityError, StoreError } from '../../errors.ts'
import type { PackKeys, PackReader } from '../pack/pack-reader.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { ChunkIndex } from './chunk-index.ts'

/** A pack whose directory could not be opened. */
export interface PackProblem {
  /** The store key of the pack. */
  readonly object: string
  readonly message: string
}

/** The index over all packs in the store, tree packs first; packs that do not open are left out. */
export async function indexOfPacks(store: ObjectStore, packs: PackReader): Promise<ChunkIndex> {
  const index = new ChunkIndex()
  for await (const pack of directoriesOf(store, packs)) if (!('message' in pack)) index.add({ superseded: [], packs: [pack] })
  return index
}

/** Opens the directory of every pack in the store, or says why it does not open. */
export async function* directoriesOf(store: ObjectStore, packs: PackReader): AsyncGenerator<SegmentPack | PackProblem> {
  for (const prefix of ['packs/tree/', 'packs/data/'] as const) {
    for await (const { key, bytes } of store.list(prefix)) {
      try {
        yield (await openPack(store, packs, key, bytes)).pack
      } catch (error) {
        // A disk that fails under one pack must not hide all others.
        if (error instanceof StoreError && error.code !== 'store-io') throw error
        yield { object: key, message: (error as Error).message }
      }
    }
  }
}

/** A pack's own directory, and the keys that open its blocks. */
export interface OpenedPack {
  readonly pack: SegmentPack
  readonly keys: PackKeys
  readonly blocks: readonly DirectoryBlock[]
}

/**
 * Opens the directory of a pack by its store key; `packBytes` is asked of the store unless it is known.
 * @throws {IntegrityError} `pack` when it is missing; {IntegrityError}, {FormatError} when it does not open; {StoreError}.
 */
export async function openPack(store: ObjectStore, packs: PackReader, key: string, packBytes?: number): Promise<OpenedPack> {
  const parsed = parseStoreKey(key)
  const size = packBytes ?? (await store.size(key))
  if (parsed.kind !== 'pack' || size === undefined)
    throw new IntegrityError('pack', `There is no pack ${key}.`, { fields: { object: key } })
  const keys = packs.openHeader(await part(store, key, 0, PACK_HEADER_BYTES), parsed.packKind)
  const footer = await part(store, key, size - PACK_FOOTER_BYTES, PACK_FOOTER_BYTES)
  const { directoryOffset, directoryBytes } = packs.openFooter(keys, footer)
  const blocks = packs.openDirectory(keys, await part(store, key, directoryOffset, directoryBytes), directoryOffset)
  return { pack: segmentPack(parsed.id, parsed.packKind, size, blocks), keys, blocks }
}

/** What an index segment says of a pack, from its directory. */
export function segmentPack(id: Uint8Array, kind: PackKind, packBytes: number, blocks: readonly DirectoryBlock[]): SegmentPack {
  const chunks = blocks.flatMap((block) => block.chunks)
  const shortIds = new Uint8Array(SHORT_ID_BYTES * chunks.length)
  const lengths = new Uint32Array(chunks.length)
  for (let at = 0; at < chunks.length; at++) {
    const { id: chunkId, length } = chunks[at]!
    asBuffer(chunkId).copy(shortIds, SHORT_ID_BYTES * at, 0, SHORT_ID_BYTES)
    lengths[at] = length
  }
  return {
    id,
    kind,
    packBytes,
    blocks: blocks.map(({ sealedBytes, rawBytes, chunks: { length } }) => ({ sealedBytes, rawBytes, chunkCount: length })),
    lengths,
    shortIds,
  }
}

async function part(store: ObjectStore, key: string, offset: number, length: number): Promise<Buffer> {
  const bytes = await store.get(key, { maxBytes: length, range: { offset, length } })
  if (bytes === undefined) throw new IntegrityError('pack', `The pack ${key} vanished while it was read.`, { fields: { object: key } })
  return bytes
}
