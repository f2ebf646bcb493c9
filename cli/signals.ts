// Ctrl-C and SIGTERM: the first asks the command to end in order, one that comes later ends it at once.

import { monotonicMs } from '../src/runtime/clock.ts'
import { EXITS } from './exit-codes.ts'

/** One wish may come as several signals: from the terminal and from the launcher, or a SIGHUP behind a SIGTERM. */
const ONE_WISH_MS = 1000

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A signal that aborts when the process is asked to stop; `release` lets go of it. */
export function stopSignal(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController()
  let firstMs = 0
  const stop = (): void => {
    if (!controller.signal.aborted) {
      firstMs = monotonicMs()
      controller.abort()
    } else if (monotonicMs() - firstMs > ONE_WISH_MS) process.exit(EXITS.cancelled[0])
  }
  for (const name of SIGNALS) process.on(name, stop)
  return {
    signal: controller.signal,
    release() {
      // Whoever was asked to stop is about to end: what comes late of the same wish must not end it before it has told so.
      if (controller.signal.aborted) return
      for (const name of SIGNALS) process.off(name, stop)
    },
  }
}
