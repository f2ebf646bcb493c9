// Ctrl-C and SIGTERM: the first asks the command to end in order, the second ends it at once.

import { EXITS } from './exit-codes.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A signal that aborts when the process is asked to stop; `release` lets go of it. */
export function stopSignal(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController()
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXITS.cancelled[0])
    controller.abort()
  }
  for (const name of SIGNALS) process.on(name, stop)
  return {
    signal: controller.signal,
    release() {
      for (const name of SIGNALS) process.off(name, stop)
    },
  }
}
