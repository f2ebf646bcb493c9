import { FormatError } from './format-error.ts'

/** Kinds of packs. SPEC §6.1 */
export const PACK_DATA = 1
export const PACK_TREE = 2
export type PackKind = 1 | 2

/** Kinds of chunks; the number goes into the id. SPEC §4.2 */
export const CHUNK_DATA = 1
export const CHUNK_TREE = 2
export const CHUNK_LIST = 3
export type ChunkKind = 1 | 2 | 3

export const PACK_HEADER_BYTES = 1200
/** The sealed footer: 8 bytes and a tag. */
export const PACK_FOOTER_BYTES = 24
/** The X-Wing ciphertext. SPEC §4.3 */
export const CIPHERTEXT_BYTES = 1120
/** A sealed frame is at least a frame header, one byte and a tag. */
export const SEALED_BLOCK_MIN_BYTES = 25

/** @throws {FormatError} `code` when the number is no kind of pack. */
export function checkPackKind(kind: number, code: string): PackKind {
  if (kind === PACK_DATA || kind === PACK_TREE) return kind
  throw new FormatError(code, `${kind} is not a kind of pack`)
}
