// Ctrl-C and SIGTERM: the first asks the command to end in order, one that comes later ends it at once.

import { monotonicMs } from '../src/runtime/clock.ts'
import { EXITS } from './exit-codes.ts'

/** One wish may come as several signals: from the terminal and from the launcher, or a SIGHUP behind a SIGTERM. */
const ONE_WISH_MS = 1000

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * A signal that aborts when the process is asked to stop. Behind `release` nothing is left to abort: a wish that comes then changes
 * nothing of how the command ended, until the process is gone.
 */
export function stopSignal(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController()
  let firstMs: number | undefined
  let isOver = false
  const stop = (): void => {
    const nowMs = monotonicMs()
    firstMs ??= nowMs
    // Whoever does not read what was printed keeps the process waiting: it can be ended all the same.
    if (nowMs - firstMs > ONE_WISH_MS) process.exit(isOver ? process.exitCode : EXITS.cancelled[0])
    if (!isOver) controller.abort()
  }
  for (const name of SIGNALS) process.on(name, stop)
  return {
    signal: controller.signal,
    release() {
      isOver = true
    },
  }
}
