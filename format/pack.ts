// A pack (SPEC §6.1): header, sealed blocks, sealed directory, padding, sealed footer. Here stand the plain forms of header, directory
// and footer; sealing is the repository's work.

import { exactly, type Id } from './bytes.ts'
import { FormatError } from './format-error.ts'
import { checkHeader, newHeader } from './header.ts'
import { LIMITS } from './limits.ts'
import {
  CIPHERTEXT_BYTES,
  checkPackKind,
  PACK_FOOTER_BYTES,
  PACK_HEADER_BYTES,
  type PackKind,
  SEALED_BLOCK_MIN_BYTES,
} from './pack-kind.ts'

export {
  CHUNK_DATA,
  CHUNK_LIST,
  CHUNK_TREE,
  type ChunkKind,
  PACK_DATA,
  PACK_FOOTER_BYTES,
  PACK_HEADER_BYTES,
  PACK_TREE,
  type PackKind,
} from './pack-kind.ts'

const SHAPE = { name: 'pack', magic: 'CAIRNPAK', headerBytes: PACK_HEADER_BYTES, reserved: [10, 12] } as const

export interface PackHeader {
  readonly kind: PackKind
  readonly epoch: number
  readonly repository: Id
  /** 32 bytes. */
  readonly commitment: Uint8Array
  /** The X-Wing ciphertext, 1,120 bytes. */
  readonly ciphertext: Uint8Array
}

/** The first 1,200 bytes of a pack. SPEC §6.1 */
export function encodePackHeader(fields: PackHeader): Buffer {
  const header = newHeader(SHAPE)
  header[9] = fields.kind
  header.writeUInt32BE(fields.epoch, 12)
  exactly(fields.repository, 32, 'pack-repository', 'the repository id').copy(header, 16)
  exactly(fields.commitment, 32, 'pack-commitment', 'the commitment').copy(header, 48)
  exactly(fields.ciphertext, CIPHERTEXT_BYTES, 'pack-ciphertext', 'the ciphertext').copy(header, 80)
  return header
}

/**
 * The header at the start of a pack; its byte strings are views. SPEC §6.1
 * @throws {FormatError} `pack-*` when it is none.
 */
export function decodePackHeader(pack: Uint8Array): PackHeader {
  const header = checkHeader(SHAPE, pack)
  return {
    kind: checkPackKind(header[9] ?? 0, 'pack-kind'),
    epoch: header.readUInt32BE(12),
    repository: header.subarray(16, 48),
    commitment: header.subarray(48, 80),
    ciphertext: header.subarray(80, PACK_HEADER_BYTES),
  }
}

export interface PackFooter {
  /** Where the sealed directory begins, in bytes from the start of the pack. */
  readonly directoryOffset: number
  /** Its sealed size. */
  readonly directoryBytes: number
}

/** The 8 plain bytes of a footer. SPEC §6.1 */
export function encodeFooter(fields: PackFooter): Buffer {
  const footer = Buffer.alloc(8)
  footer.writeUInt32BE(fields.directoryOffset, 0)
  footer.writeUInt32BE(fields.directoryBytes, 4)
  return footer
}

/**
 * The footer of 8 plain bytes. With `packBytes`, the directory must lie before the footer of a pack of that size. SPEC §6.1
 * @throws {FormatError} `footer-*` when the directory cannot be there.
 */
export function decodeFooter(plain: Uint8Array, packBytes: number = LIMITS.packBytes): PackFooter {
  const footer = exactly(plain, 8, 'footer-length', 'a footer')
  const directoryOffset = footer.readUInt32BE(0)
  const directoryBytes = footer.readUInt32BE(4)
  if (directoryOffset < PACK_HEADER_BYTES + SEALED_BLOCK_MIN_BYTES) {
    throw new FormatError('footer-offset', `a directory at offset ${directoryOffset} leaves no room for a block`)
  }
  if (directoryBytes < SEALED_BLOCK_MIN_BYTES) throw new FormatError('footer-size', `a sealed directory of ${directoryBytes} bytes`)
  if (directoryOffset + directoryBytes + PACK_FOOTER_BYTES > packBytes) {
    throw new FormatError('footer-beyond', `a directory that ends at ${directoryOffset + directoryBytes} goes beyond the pack`)
  }
  return { directoryOffset, directoryBytes }
}

export { type DirectoryBlock, type DirectoryChunk, decodeDirectory, encodeDirectory } from './directory.ts'
