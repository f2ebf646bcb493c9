import { argon2 } from 'node:crypto'
import { promisify } from 'node:util'
import { type Argon2idKdf, checkArgon2id } from '../../../format/key-slot.ts'
import { UsageError } from '../../errors.ts'

const argon2Async = promisify(argon2)
const OUTPUT_BYTES = 32

export type Argon2Parameters = Pick<Argon2idKdf, 'memoryKiB' | 'passes' | 'lanes'>

/** 256 MiB, 3 passes: half a second to a second of one desktop core, and more than a thief's graphics card likes. */
export const ARGON2_DEFAULTS: Argon2Parameters = { memoryKiB: 262_144, passes: 3, lanes: 4 }

/**
 * 32 bytes of Argon2id (version 0x13) of a passphrase in NFC, off the main thread. SPEC §5.3
 * @throws {FormatError} `slot-argon2-*`, before any work, when the parameters are beyond SPEC §10.
 * @throws {UsageError} `passphrase` when it is empty, or no valid Unicode.
 */
export async function argon2id(passphrase: string, salt: Uint8Array, parameters: Argon2Parameters): Promise<Buffer> {
  // A slot is an untrusted file: without this, it makes whoever opens it allocate and compute for hours.
  checkArgon2id(parameters)
  const { memoryKiB, passes, lanes } = parameters
  const message = passphraseBytes(passphrase)
  return argon2Async('argon2id', { message, nonce: salt, parallelism: lanes, tagLength: OUTPUT_BYTES, memory: memoryKiB, passes })
}

function passphraseBytes(passphrase: string): Buffer {
  if (passphrase === '') throw new UsageError('passphrase', 'The passphrase is empty.')
  // A lone surrogate has no UTF-8: it would become U+FFFD, and other passphrases would open the slot too.
  if (!passphrase.isWellFormed()) throw new UsageError('passphrase', 'The passphrase is not valid Unicode.')
  return Buffer.from(passphrase.normalize('NFC'), 'utf8')
}
