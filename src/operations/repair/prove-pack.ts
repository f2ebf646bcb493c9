import { toHex } from '../../../format/bytes.ts'
import { PACK_HEADER_BYTES } from '../../../format/pack.ts'
import { packKey } from '../../../format/store-key.ts'
import { IntegrityError } from '../../errors.ts'
import type { OpenedPack } from '../../repository/objects/pack-directories.ts'
import type { PackReader } from '../../repository/pack/pack-reader.ts'
import type { ObjectStore } from '../../repository/store/object-store.ts'

/**
 * Reads a pack block by block and proves that each chunk is the one that the directory names.
 * @throws {IntegrityError} when one is not; {StoreError} when the store fails.
 */
export async function provePack(store: ObjectStore, packs: PackReader, { pack, keys, blocks }: OpenedPack): Promise<void> {
  let offset = PACK_HEADER_BYTES
  for (const [number, { sealedBytes, rawBytes, chunks }] of blocks.entries()) {
    const sealed = await store.get(packKey(pack.kind, pack.id), { maxBytes: sealedBytes, range: { offset, length: sealedBytes } })
    if (sealed?.length !== sealedBytes)
      throw new IntegrityError('pack-truncated', `Block ${number} of pack ${toHex(pack.id)} is not there.`)
    const raw = packs.openBlock(keys, number, sealed)
    if (raw.length !== rawBytes)
      throw new IntegrityError('block-size', `Block ${number} of pack ${toHex(pack.id)} has another size than its directory says.`)
    let at = 0
    for (const { kind, length, id } of chunks) {
      packs.takeChunk(raw, at, length, kind, id)
      at += length
    }
    offset += sealedBytes
  }
}
