// Points of Ed25519 whose order divides 8. With such a key anybody can sign; a verifier of one library refuses it, one of another does
// not, and one library changed its mind between versions. So it is decided here. SPEC §4.6

import { toHex } from '../../../format/bytes.ts'

/** The y coordinates of the eight points, in all encodings below 2^255: those of order 8, 4, 1 and 2. */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '00'.repeat(32),
  `ed${'ff'.repeat(30)}7f`,
  `01${'00'.repeat(31)}`,
  `ee${'ff'.repeat(30)}7f`,
  `ec${'ff'.repeat(30)}7f`,
])

/** Whether an encoded point, 32 bytes, is one whose order divides 8: whatever its sign, canonical or not. */
export function isSmallOrder(point: Uint8Array): boolean {
  const y = Buffer.from(point)
  y[31]! &= 0x7f
  return SMALL_ORDER.has(toHex(y))
}
