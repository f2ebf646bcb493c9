import type { Id } from '../../../format/bytes.ts'
import { decodeRecoveryCode, encodeRecoveryCode, RECOVERY_SECRET_BYTES } from '../../../format/recovery-code.ts'
import { FormatError, KeyError } from '../../errors.ts'
import { randomBytes } from '../../runtime/random.ts'
import { sha256 } from './hash.ts'

const REPOSITORY_PREFIX_BYTES = 8

/** A new recovery code: `secret` wraps its slot, `code` is printed and kept away from the machine. SPEC §5.4 */
export function createRecoveryCode(repository: Id): { secret: Buffer; code: string } {
  const secret = randomBytes(RECOVERY_SECRET_BYTES)
  return { secret, code: encodeRecoveryCode({ secret, repository8: repository.subarray(0, REPOSITORY_PREFIX_BYTES) }, sha256) }
}

/**
 * The secret of a code as a person typed it, and the first 8 bytes of the repository id that it is for. SPEC §5.4
 * @throws {KeyError} `recovery-code-*` when it was not typed right; the message never quotes it.
 */
export function readRecoveryCode(text: string): { secret: Buffer; repository8: Buffer } {
  try {
    return decodeRecoveryCode(text, sha256)
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw new KeyError(cause.code, `This is not a recovery code: ${cause.message}.`, {
      ...(cause.hint !== undefined && { hint: cause.hint }),
    })
  }
}
