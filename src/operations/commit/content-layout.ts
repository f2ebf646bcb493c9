// Puts what was read of a file's data ranges where it belongs: holes between them, and in the place of what was no longer there.

import type { StreamItem } from '../../../format/stream.ts'

/** What was read of a file. */
export interface FileContent {
  readonly items: readonly StreamItem[]
  /** Whether the file ended, and went on again behind that: it was changed while it was read, whatever its times say. */
  readonly isTorn: boolean
}

export class ContentLayout implements FileContent {
  readonly items: StreamItem[] = []
  isTorn = false
  #at: number
  #end: number

  /** Begins at an offset of the file. */
  constructor(from: number) {
    this.#at = from
    this.#end = from
  }

  /**
   * Adds what was read from `start` on; less than up to `end` where the file ended. What follows then must not move forward: a hole
   * stands for what is missing, but only if something does follow, for some files of the kernel say that they are longer than they are.
   */
  add(start: number, end: number, content: FileContent): void {
    if (content.items.length > 0) {
      this.isTorn ||= content.isTorn || this.#at < this.#end
      if (start > this.#at) this.items.push({ length: start - this.#at })
      this.items.push(...content.items)
      this.#at = start + content.items.reduce((sum, { length }) => sum + length, 0)
    }
    this.#end = end
  }

  /** Ends the file: the hole behind the last range, unless the file ended before. */
  finish(sizeBytes: number): void {
    if (this.#at === this.#end && this.#at < sizeBytes) this.items.push({ length: sizeBytes - this.#at })
  }
}
