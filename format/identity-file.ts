import { fromHex, type Id, toHex } from './bytes.ts'
import { decodeJsonRecord } from './json-record.ts'
import { RecordReader } from './record-reader.ts'

/** What a person or device keeps outside the store: the seeds that open its key slot and sign for it. SPEC §4.1 */
export interface IdentityFile {
  readonly repository: Id
  /** Member id. */
  readonly member: Id
  /** 16 bytes: the key slot that it opens. */
  readonly slot: Uint8Array
  readonly label: string
  /** Ed25519 seed, 32 bytes. */
  readonly signingSeed: Uint8Array
  /** X-Wing seed, 32 bytes. */
  readonly unlockSeed: Uint8Array
}

/** The text of an identity file: JSON, all bytes hexadecimal. */
export function encodeIdentityFile(identity: IdentityFile): string {
  const { repository, member, slot, label, signingSeed, unlockSeed } = identity
  const fields = {
    cairn: 'identity',
    version: 1,
    repository: toHex(repository),
    member: toHex(member),
    slot: toHex(slot),
    label,
    signingSeed: toHex(signingSeed),
    unlockSeed: toHex(unlockSeed),
  }
  return `${JSON.stringify(fields, null, 2)}\n`
}

/**
 * The identity of a file's text. No message names a seed.
 * @throws {FormatError} `identity-*` or `hex-*` when it is none.
 */
export function decodeIdentityFile(text: string | Uint8Array): IdentityFile {
  const record = new RecordReader('identity', decodeJsonRecord('identity', text))
  record.oneOf('cairn', ['identity'])
  record.version('version', 1)
  const identity: IdentityFile = {
    repository: fromHex(record.text('repository'), 32),
    member: fromHex(record.text('member'), 32),
    slot: fromHex(record.text('slot'), 16),
    label: record.text('label'),
    signingSeed: fromHex(record.text('signingSeed'), 32),
    unlockSeed: fromHex(record.text('unlockSeed'), 32),
  }
  record.end()
  return identity
}
