import { asBuffer } from './bytes.ts'
import { FormatError } from './format-error.ts'

/** How a frame's payload is coded. SPEC §4.7 */
export const Codec = { stored: 0, zstd: 1 } as const
export type Codec = (typeof Codec)[keyof typeof Codec]

export const FRAME_HEADER_BYTES = 8

export interface Frame {
  readonly codec: Codec
  readonly rawBytes: number
  /** A view of what stands behind the header; zstd is not decoded here. */
  readonly payload: Buffer
}

/** The 8 bytes before the payload. SPEC §4.7 */
export function encodeFrameHeader(codec: Codec, rawBytes: number): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES)
  header[0] = codec
  header.writeUInt32BE(rawBytes, 4)
  return header
}

/**
 * The parts of a frame whose raw bytes are at most `maxRawBytes`. SPEC §4.7
 * @throws {FormatError} `frame-*` when it is none, or claims more.
 */
export function decodeFrame(plain: Uint8Array, maxRawBytes: number): Frame {
  const bytes = asBuffer(plain)
  if (bytes.length < FRAME_HEADER_BYTES) throw new FormatError('frame-truncated', `a frame of ${bytes.length} bytes has no header`)
  const codec = checkCodec(bytes[0] ?? 0)
  if (bytes[1] !== 0 || bytes[2] !== 0 || bytes[3] !== 0) throw new FormatError('frame-reserved', "a frame's bytes 1 to 3 are not zero")
  const rawBytes = bytes.readUInt32BE(4)
  // Before anything is decompressed: this is what stops a bomb.
  if (rawBytes > maxRawBytes)
    throw new FormatError('frame-too-large', `a frame of ${rawBytes} raw bytes; at most ${maxRawBytes} are allowed`)
  const payload = bytes.subarray(FRAME_HEADER_BYTES)
  if (codec === Codec.stored && payload.length !== rawBytes) {
    throw new FormatError('frame-length', `a stored frame claims ${rawBytes} bytes and holds ${payload.length}`)
  }
  return { codec, rawBytes, payload }
}

function checkCodec(codec: number): Codec {
  if (codec === Codec.stored || codec === Codec.zstd) return codec
  throw new FormatError('frame-codec', `a frame with the unknown codec ${codec}`)
}
