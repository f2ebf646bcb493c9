// Large buffers that are garbage stay in memory until V8 has seen a few hundred MiB of them, in each thread. Whoever makes many
// of them, one after the other, gives them back in time.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type CollectGarbage = (options: { type: 'major'; execution: 'sync' }) => void

let collect: CollectGarbage | undefined

/** Counts the bytes of buffers that were made and dropped, and has them collected whenever they are more than a budget. */
export class GarbageBudget {
  readonly #budgetBytes: number
  #bytes = 0

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes
  }

  /** Notes that buffers of so many bytes are no longer needed. */
  dropped(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes <= this.#budgetBytes) return
    this.#bytes = 0
    collect ??= collector()
    collect({ type: 'major', execution: 'sync' })
  }
}

function collector(): CollectGarbage {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as CollectGarbage
}
