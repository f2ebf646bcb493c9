import { equalBytes, type Id } from '../../../format/bytes.ts'
import type { WriteKeys } from '../../../format/derivations.ts'
import type { Keyring } from '../../../format/keyring.ts'
import { IntegrityError, KeyError } from '../../errors.ts'
import { SigningKey } from './signing.ts'
import { DecapsulationKey } from './x-wing.ts'

export type { WriteKeys }

/** Read keys by epoch. SPEC §4.1 */
export type ReadKeys = ReadonlyMap<number, DecapsulationKey>

/** What somebody holds of a repository. Without `write` it is public knowledge only; a writer has no `read`. SPEC §4.1 */
export interface KeySet {
  readonly repository: Id
  readonly write?: WriteKeys
  readonly read?: ReadKeys
  readonly signing?: SigningKey
  /** The member id of `signing`. */
  readonly member?: Id
  /** As it was in the slot: what another slot is made of. */
  readonly keyring?: Keyring
}

/** The keys of an opened keyring. `signing` is that of an identity file; a keyring's own comes second. SPEC §5.2 */
export function keySetOf(keyring: Keyring, signing?: SigningKey): KeySet {
  const signer = signing ?? (keyring.signing && SigningKey.fromSeed(keyring.signing))
  return {
    repository: keyring.repository,
    write: keyring.write,
    keyring,
    ...(keyring.read && { read: new Map(keyring.read.map(({ epoch, seed }) => [epoch, new DecapsulationKey(seed)])) }),
    ...(signer && { signing: signer, member: signer.memberId }),
  }
}

/**
 * The read key of an object's epoch.
 * @throws {KeyError} `no-read-key` when none is held at all.
 * @throws {IntegrityError} `<what>-epoch` when read keys are held, but not of this epoch.
 */
export function readKeyOf(readKeys: ReadKeys | undefined, epoch: number, what: 'pack' | 'manifest'): DecapsulationKey {
  if (readKeys === undefined || readKeys.size === 0) {
    throw new KeyError('no-read-key', `No read key is at hand, so no ${what} can be opened.`, {
      hint: 'This identity may only write. Use the identity of an owner or reader.',
    })
  }
  const key = readKeys.get(epoch)
  if (key !== undefined) return key
  throw new IntegrityError(
    `${what}-epoch`,
    `A ${what} of epoch ${epoch}, which this keyring does not know: it is damaged, or newer than the keyring.`,
  )
}

/** @throws {IntegrityError} `<what>-repository` when an object says that it belongs to another repository. */
export function checkRepository(found: Id, expected: Id, what: string): void {
  if (equalBytes(found, expected)) return
  throw new IntegrityError(`${what}-repository`, `A ${what} whose header is damaged, or that belongs to another repository.`, {
    hint: "'cairn verify --data' tells more. Nothing of it was used.",
  })
}
