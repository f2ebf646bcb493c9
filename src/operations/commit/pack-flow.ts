// How a thread's packs flow to the main thread: in shared memory that comes back when a pack is stored, never by copy, and one at a
// time beside the one being filled. A thread whose last pack is not stored yet waits, so memory has a bound whatever the input.

import { segmentPack } from '../../repository/objects/pack-directories.ts'
import { type FinishedPack, PACK_MEMORY_BYTES } from '../../repository/pack/pack-writer.ts'
import type { PostEvent } from '../../runtime/job-pool.ts'
import type { PackEvent, PackToStore } from './messages.ts'

const UNDER_WAY = 1

export class PackFlow {
  readonly #post: PostEvent
  /** The memory of packs that are not stored yet, by number. */
  readonly #underWay = new Map<number, ArrayBufferLike>()
  readonly #free: ArrayBufferLike[] = []
  #posted = 0
  #waiting: (() => void) | undefined

  constructor(post: PostEvent) {
    this.#post = post
  }

  /** Memory for a pack. */
  memory(): Uint8Array {
    return new Uint8Array(this.#free.pop() ?? new SharedArrayBuffer(PACK_MEMORY_BYTES))
  }

  /** Undefined when the thread may go on; else a promise of the moment when it may. */
  ready(): Promise<void> | undefined {
    if (this.#underWay.size <= UNDER_WAY) return undefined
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  /** Posts a finished pack. */
  post(pack: FinishedPack): void {
    const number = this.#posted++
    this.#underWay.set(number, pack.bytes.buffer)
    this.#post({ ...packToStore(pack), number } satisfies PackEvent)
  }

  /** The pack of this number was stored: its memory is free. */
  stored(number: number): void {
    this.#free.push(this.#underWay.get(number)!)
    this.#underWay.delete(number)
    this.#waiting?.()
    this.#waiting = undefined
  }
}

/** What the main thread needs of a pack to store and announce it. */
export function packToStore({ id, kind, bytes, packBytes, blocks }: FinishedPack): PackToStore {
  return { ...segmentPack(id, kind, packBytes, blocks), bytes }
}
