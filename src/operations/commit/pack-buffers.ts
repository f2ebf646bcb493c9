// The buffers of a thread's packs: two, one being filled while the other is written to the store. They travel by transfer, never
// by copy, and come back when their pack is stored; a thread that has none waits, so memory has a bound whatever the input.

import { SHORT_ID_BYTES } from '../../../format/index-segment.ts'
import type { FinishedPack } from '../../repository/pack/pack-writer.ts'
import type { PostEvent } from '../../runtime/job-pool.ts'
import type { PackEvent } from './messages.ts'

const BUFFERS = 2

export class PackBuffers {
  readonly #bytes: number
  readonly #post: PostEvent
  readonly #free: ArrayBuffer[] = []
  #allocated = 0
  #waiting: (() => void) | undefined

  constructor(bytes: number, post: PostEvent) {
    this.#bytes = bytes
    this.#post = post
  }

  /** Undefined when a buffer can be taken now; else a promise of the moment when one can. */
  ready(): Promise<void> | undefined {
    if (this.#free.length > 0 || this.#allocated < BUFFERS) return undefined
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  take(): Buffer {
    const free = this.#free.pop()
    if (free !== undefined) return Buffer.from(free)
    this.#allocated++ // one more than the bound at most: when one read ends two packs
    return Buffer.from(new ArrayBuffer(this.#bytes))
  }

  /** Takes back a buffer whose pack was stored. */
  give(buffer: ArrayBuffer): void {
    this.#free.push(buffer)
    this.#waiting?.()
    this.#waiting = undefined
  }

  /** Posts a finished pack, and its buffer with it. */
  post(pack: FinishedPack): void {
    const buffer = pack.bytes.buffer as ArrayBuffer
    this.#post(packEvent(pack, buffer), [buffer])
  }
}

function packEvent(pack: FinishedPack, buffer: ArrayBuffer): PackEvent {
  const chunks = pack.blocks.flatMap((block) => block.chunks)
  const shortIds = new Uint8Array(SHORT_ID_BYTES * chunks.length)
  for (const [at, { id }] of chunks.entries()) shortIds.set(id.subarray(0, SHORT_ID_BYTES), SHORT_ID_BYTES * at)
  return {
    id: pack.id,
    kind: pack.kind,
    buffer,
    packBytes: pack.bytes.length,
    blocks: pack.blocks.map(({ sealedBytes, rawBytes, chunks: { length } }) => ({ sealedBytes, rawBytes, chunkCount: length })),
    lengths: Uint32Array.from(chunks, ({ length }) => length),
    shortIds,
  }
}
