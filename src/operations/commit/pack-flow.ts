// How a thread's packs flow to the main thread: by transfer, never by copy, and one at a time beside the one being filled. A thread
// whose last pack is not stored yet waits, so memory has a bound whatever the input.

import { segmentPack } from '../../repository/objects/pack-directories.ts'
import type { FinishedPack } from '../../repository/pack/pack-writer.ts'
import type { PostEvent } from '../../runtime/job-pool.ts'
import type { PackEvent } from './messages.ts'

const UNDER_WAY = 1

export class PackFlow {
  readonly #post: PostEvent
  #underWay = 0
  #waiting: (() => void) | undefined

  constructor(post: PostEvent) {
    this.#post = post
  }

  /** Undefined when the thread may go on; else a promise of the moment when it may. */
  ready(): Promise<void> | undefined {
    if (this.#underWay <= UNDER_WAY) return undefined
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  /** Posts a finished pack, which is gone from this thread. */
  post(pack: FinishedPack): void {
    this.#underWay++
    this.#post(
      packEvent(pack),
      pack.parts.filter(ownsItsMemory).map(({ buffer }) => buffer as ArrayBuffer),
    )
  }

  /** A pack was stored. */
  stored(): void {
    this.#underWay--
    this.#waiting?.()
    this.#waiting = undefined
  }
}

/** What the main thread needs of a pack to store and announce it. */
export function packEvent({ id, kind, parts, packBytes, blocks }: FinishedPack): PackEvent {
  return { ...segmentPack(id, kind, packBytes, blocks), parts }
}

/** Frees the parts of a stored pack at once, without waiting for the garbage collector. */
export function freeParts(parts: readonly Uint8Array[]): void {
  for (const part of parts) if (ownsItsMemory(part)) (part.buffer as ArrayBuffer).transfer(0)
}

/** Small buffers share their memory with others, which must not lose it. */
function ownsItsMemory(part: Uint8Array): boolean {
  return part.byteLength === part.buffer.byteLength && part.byteLength > 64 << 10
}
