import { exactly, type Id } from './bytes.ts'
import { checkHeader, newHeader } from './header.ts'
import { CIPHERTEXT_BYTES } from './pack-kind.ts'

/** Magic to ciphertext. */
export const MANIFEST_HEADER_BYTES = 1232
/** The part of the header that is associated data of the body. */
export const MANIFEST_AD_BYTES = 112

const SHAPE = { name: 'manifest', magic: 'CAIRNMAN', headerBytes: MANIFEST_HEADER_BYTES, reserved: [9, 12] } as const

export interface ManifestHeader {
  readonly epoch: number
  readonly repository: Id
  /** The member id of who signed. */
  readonly signer: Id
  readonly commitment: Uint8Array
  readonly ciphertext: Uint8Array
}

/** The first 1,232 bytes of a manifest. SPEC §6.5 */
export function encodeManifestHeader(fields: ManifestHeader): Buffer {
  const header = newHeader(SHAPE)
  header.writeUInt32BE(fields.epoch, 12)
  exactly(fields.repository, 32, 'manifest-repository', 'the repository id').copy(header, 16)
  exactly(fields.signer, 32, 'manifest-signer', "the signer's id").copy(header, 48)
  exactly(fields.commitment, 32, 'manifest-commitment', 'the commitment').copy(header, 80)
  exactly(fields.ciphertext, CIPHERTEXT_BYTES, 'manifest-ciphertext', 'the ciphertext').copy(header, 112)
  return header
}

/**
 * The header at the start of a manifest; its byte strings are views. SPEC §6.5
 * @throws {FormatError} `manifest-*` when it is none.
 */
export function decodeManifestHeader(object: Uint8Array): ManifestHeader {
  const header = checkHeader(SHAPE, object)
  return {
    epoch: header.readUInt32BE(12),
    repository: header.subarray(16, 48),
    signer: header.subarray(48, 80),
    commitment: header.subarray(80, 112),
    ciphertext: header.subarray(112, MANIFEST_HEADER_BYTES),
  }
}
