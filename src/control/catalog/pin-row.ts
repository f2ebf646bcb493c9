import { equalBytes } from '../../../format/bytes.ts'
import { sha256 } from '../../repository/crypto/hash.ts'
import type { Pin } from '../../repository/journal/pins.ts'

const CHECK_BYTES = 32

/** A row of the table of pins, whose `state` is guarded. */
export interface PinRow {
  readonly sequence: number
  readonly hash: Buffer
  readonly state: Buffer
}

/** A state as it is kept beside its pin: SQLite does not see a bit that flips in it, and another state would be trusted. */
export function guardedState(pin: Pin, state: Uint8Array): Buffer {
  return Buffer.concat([state, checkOf(pin, state)])
}

/** The pin and the state of a row; undefined when they are not what was written. */
export function openPinRow({ sequence, hash, state: guarded }: PinRow): { pin: Pin; state: Buffer } | undefined {
  const pin = { sequence, hash }
  const state = guarded.subarray(0, -CHECK_BYTES)
  return equalBytes(guarded.subarray(-CHECK_BYTES), checkOf(pin, state)) ? { pin, state } : undefined
}

function checkOf({ sequence, hash }: Pin, state: Uint8Array): Buffer {
  return sha256(Buffer.from(`${sequence} `), hash, state)
}
