import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { asBuffer } from '../../../format/bytes.ts'
import { FormatError } from '../../errors.ts'

const FRAME_MAGIC = 0xfd2fb528
const RESERVED_BLOCK = 3
const RLE_BLOCK = 1
/** Bytes of the content size by its flag; one more for flag 0 of a single segment. RFC 8878 §3.1.1.1.1 */
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const

/** One zstd frame of the bytes; `level` is 1 to 19. */
export function compress(raw: Uint8Array, level: number): Buffer {
  // Room for the worst case, or zlib grows its output in pieces of 16 KiB and joins them.
  const chunkSize = raw.length + (raw.length >> 8) + 1024
  return zstdCompressSync(raw, { chunkSize, params: parametersOf(level) })
}

/** A window over a whole block; at level 1 a larger table than zstd's own makes it smaller than level 2 and faster (docs/decisions/0002). */
function parametersOf(level: number): Record<number, number> {
  const window = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_windowLog]: 22 }
  return level === 1 ? { ...window, [constants.ZSTD_c_hashLog]: 18 } : window
}

/**
 * The `rawBytes` bytes of exactly one zstd frame; the caller has bounded `rawBytes`. SPEC §4.7
 * @throws {FormatError} `frame-zstd` when it is none, is damaged, has bytes behind it, or decodes to another size.
 */
export function decompress(payload: Uint8Array, rawBytes: number): Buffer {
  checkOneFrame(asBuffer(payload))
  const raw = inflate(payload, rawBytes)
  if (raw.length !== rawBytes) throw new FormatError('frame-zstd', `a zstd frame of ${raw.length} bytes instead of ${rawBytes}`)
  return raw
}

function inflate(payload: Uint8Array, rawBytes: number): Buffer {
  try {
    // The extra room keeps zlib from allocating a second piece when the first is exactly full.
    return zstdDecompressSync(payload, { chunkSize: rawBytes + 64, maxOutputLength: Math.max(rawBytes, 1) })
  } catch (cause) {
    throw new FormatError('frame-zstd', `a zstd frame that does not decode to ${rawBytes} bytes`, { cause })
  }
}

/** zlib silently ignores what stands behind the first frame; two readers must never disagree on what a payload holds. */
function checkOneFrame(bytes: Buffer): void {
  const end = endOfFrame(bytes)
  if (end !== bytes.length) throw new FormatError('frame-zstd', `a payload of ${bytes.length} bytes that is not one whole zstd frame`)
}

/** The offset behind the first frame, or -1 when the bytes hold none. RFC 8878 §3.1.1 */
function endOfFrame(bytes: Buffer): number {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== FRAME_MAGIC) return -1
  const descriptor = bytes[4] ?? 0
  const hasChecksum = (descriptor & 0x04) !== 0
  const usesDictionary = (descriptor & 0x03) !== 0
  if (usesDictionary) return -1
  let offset = 5 + headerRest(descriptor)
  for (let last = false; !last; ) {
    if (offset + 3 > bytes.length) return -1
    const header = bytes.readUIntLE(offset, 3)
    const type = (header >> 1) & 3
    if (type === RESERVED_BLOCK) return -1
    last = (header & 1) === 1
    offset += 3 + (type === RLE_BLOCK ? 1 : header >> 3)
  }
  return offset + (hasChecksum ? 4 : 0)
}

/** Bytes of window descriptor and content size. */
function headerRest(descriptor: number): number {
  const singleSegment = (descriptor & 0x20) !== 0
  const flag = (descriptor >> 6) as 0 | 1 | 2 | 3
  // A single segment has no window descriptor, and always a content size.
  return CONTENT_SIZE_BYTES[flag] + (singleSegment && flag !== 0 ? 0 : 1)
}
