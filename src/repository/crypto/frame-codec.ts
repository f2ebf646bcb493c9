import { decodeFrame, encodeFrameHeader, Codec as FrameCodec } from '../../../format/frame.ts'
import { IntegrityError } from '../../errors.ts'
import { discard } from '../../runtime/discard.ts'
import { open, openParts, seal } from './aead.ts'
import { compress, decompress } from './zstd.ts'

/** Below this share of the raw size, compression is worth the time it costs every reader. */
const WORTHWHILE = 0.97
const DEFAULT_LEVEL = 3

export interface FrameOptions {
  /** `stored` when a probe found the bytes incompressible; `zstd` (the default) stores as well what does not shrink by 3 %. */
  readonly codec?: 'zstd' | 'stored'
  /** zstd level, 1 to 19; 3 unless told. */
  readonly level?: number
  /** Where the sealed parts are copied to, before what lies there is proven; the parts themselves are gone then. */
  readonly keep?: (part: Buffer) => Buffer
}

export interface SealedFrame {
  /** What is stored, once joined. */
  readonly parts: Buffer[]
  readonly sealedBytes: number
  /** What was used. */
  readonly codec: 'zstd' | 'stored'
}

interface PlainFrame {
  readonly codec: 'zstd' | 'stored'
  readonly header: Buffer
  readonly payload: Uint8Array
}

/** The sealed frame of the raw bytes, not checked; whatever is stored goes through `sealVerifiedFrame`. SPEC §4.7 */
export function sealFrame(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, raw: Uint8Array, options: FrameOptions = {}): SealedFrame {
  return sealPlainFrame(key, nonce, ad, encodeFrame(raw, options))
}

/**
 * The sealed frame of the raw bytes, after it was opened again, decompressed and compared with them. SPEC §4.7, §9.2.3
 * @throws {IntegrityError} `seal-verification` when memory or the compressor changed a byte on the way.
 */
export function sealVerifiedFrame(
  key: Uint8Array,
  nonce: Uint8Array,
  ad: Uint8Array,
  raw: Uint8Array,
  options: FrameOptions = {},
): SealedFrame {
  const frame = encodeFrame(raw, options)
  const sealed = kept(sealPlainFrame(key, nonce, ad, frame), options.keep)
  let same: boolean
  try {
    same = opensTo(key, nonce, ad, sealed.parts, frame, raw)
  } catch (cause) {
    throw verificationFailed(cause)
  }
  if (!same) throw verificationFailed(undefined)
  if (frame.codec === 'zstd') discard(frame.payload)
  return sealed
}

function kept(sealed: SealedFrame, keep: FrameOptions['keep']): SealedFrame {
  return keep === undefined ? sealed : { ...sealed, parts: sealed.parts.map(keep) }
}

/**
 * The raw bytes of a sealed frame, at most `maxRawBytes`. A stored payload is a view of the decrypted bytes, not a copy. SPEC §4.7
 * @throws {IntegrityError} `authentication` when it does not authenticate.
 * @throws {FormatError} `frame-*` when what was sealed breaks the rules of a frame.
 */
export function openFrame(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, sealed: Uint8Array, maxRawBytes: number): Buffer {
  const frame = open(key, nonce, ad, sealed)
  const { codec, rawBytes, payload } = decodeFrame(frame, maxRawBytes)
  if (codec !== FrameCodec.zstd) return payload
  const raw = decompress(payload, rawBytes)
  discard(frame)
  return raw
}

function encodeFrame(raw: Uint8Array, { codec = 'zstd', level = DEFAULT_LEVEL }: FrameOptions): PlainFrame {
  if (codec === 'zstd') {
    const payload = compress(raw, level)
    if (payload.length < raw.length * WORTHWHILE) return { codec, header: encodeFrameHeader(FrameCodec.zstd, raw.length), payload }
    discard(payload)
  }
  return { codec: 'stored', header: encodeFrameHeader(FrameCodec.stored, raw.length), payload: raw }
}

function sealPlainFrame(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, { codec, header, payload }: PlainFrame): SealedFrame {
  const parts = seal(key, nonce, ad, header, payload)
  return { parts, sealedBytes: parts.reduce((sum, part) => sum + part.length, 0), codec }
}

function opensTo(
  key: Uint8Array,
  nonce: Uint8Array,
  ad: Uint8Array,
  parts: readonly Buffer[],
  frame: PlainFrame,
  raw: Uint8Array,
): boolean {
  const [header, payload] = openParts(key, nonce, ad, parts)
  if (header === undefined || payload === undefined || !header.equals(frame.header)) return false
  const opened = frame.codec === 'zstd' ? decompress(payload, raw.length) : payload
  const same = opened.equals(raw)
  for (const buffer of new Set([payload, opened])) discard(buffer)
  return same
}

function verificationFailed(cause: unknown): IntegrityError {
  return new IntegrityError('seal-verification', 'A block that was just sealed does not open to its content. Nothing of it was stored.', {
    hint: 'The memory of this machine may be faulty: test it before you trust any backup made on it.',
    cause,
  })
}
