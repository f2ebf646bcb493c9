import { hash } from 'node:crypto'
import { concat } from '../../../format/bytes.ts'
import { chunkIdInput, contentIdInput } from '../../../format/derivations.ts'
import type { ChunkKind } from '../../../format/pack.ts'
import { sha256 } from './hash.ts'

const HMAC_BLOCK_BYTES = 64
const HASH_BYTES = 32
const IDS_TOGETHER = 256

/**
 * Names chunks under one id key. SPEC §4.2
 *
 * HMAC is spelled out over two buffers made once: two one-shot hashes cost a seventh of a `createHmac`, and small files make
 * hundreds of thousands of ids. Not for concurrent use, which a thread cannot do anyway.
 */
export class ChunkIdentity {
  /** Key ⊕ ipad ‖ the input of the HMAC, whose last 33 bytes are kind and hash. */
  readonly #inner: Buffer
  /** Key ⊕ opad ‖ the inner hash. */
  readonly #outer: Buffer
  /** Memory for the next ids. Many live until their pack is done: in node's pool, each would keep what it shares the pool with. */
  #ids = Buffer.alloc(0)
  #idsUsed = 0

  /** `idKey` is 32 bytes. */
  constructor(idKey: Uint8Array) {
    this.#inner = concat(pad(idKey, 0x36), chunkIdInput(1, Buffer.alloc(HASH_BYTES)))
    this.#outer = concat(pad(idKey, 0x5c), Buffer.alloc(HASH_BYTES))
  }

  /** The id of a chunk, 32 bytes. SPEC §4.2 */
  id(kind: ChunkKind, plaintext: Uint8Array): Buffer {
    // As text, a digest costs half: each one as a buffer is memory of its own that the garbage collector must watch.
    return this.#idOf(kind, hash('sha256', plaintext, 'binary'))
  }

  #idOf(kind: ChunkKind, digest: string): Buffer {
    const inner = this.#inner
    inner[inner.length - HASH_BYTES - 1] = kind
    inner.write(digest, inner.length - HASH_BYTES, 'latin1')
    this.#outer.write(hash('sha256', inner, 'binary'), HMAC_BLOCK_BYTES, 'latin1')
    return this.#keep(hash('sha256', this.#outer, 'binary'))
  }

  #keep(digest: string): Buffer {
    if (this.#idsUsed === this.#ids.length) {
      this.#ids = Buffer.allocUnsafeSlow(IDS_TOGETHER * HASH_BYTES)
      this.#idsUsed = 0
    }
    const id = this.#ids.subarray(this.#idsUsed, (this.#idsUsed += HASH_BYTES))
    id.write(digest, 'latin1')
    return id
  }
}

function pad(key: Uint8Array, byte: number): Buffer {
  const padded = Buffer.alloc(HMAC_BLOCK_BYTES, byte)
  for (let i = 0; i < key.length; i++) padded[i] = byte ^ (key[i] ?? 0)
  return padded
}

/** What two snapshots of equal content share; `streamCbor` is the encoded stream of the root directory. SPEC §6.5 */
export function contentId(streamCbor: Uint8Array): Buffer {
  return sha256(contentIdInput(streamCbor))
}
