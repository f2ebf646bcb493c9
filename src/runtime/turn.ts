// Long work that never waits for anything outside: signals, timers and sockets are served only between turns of the event loop.

import { setImmediate } from 'node:timers/promises'
import { monotonicMs } from './clock.ts'

const TURN_MS = 50

let lastMs = monotonicMs()

/** Gives everybody else a turn when there was none for 50 ms; so Ctrl-C is heard in the midst of work. */
export function turn(): Promise<void> | undefined {
  return monotonicMs() - lastMs < TURN_MS ? undefined : nextTurn()
}

async function nextTurn(): Promise<void> {
  await setImmediate()
  lastMs = monotonicMs()
}
