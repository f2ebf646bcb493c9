import { equalBytes } from '../../../format/bytes.ts'
import type { IdentityFile } from '../../../format/identity-file.ts'
import { KeyError } from '../../errors.ts'
import { randomBytes } from '../../runtime/random.ts'
import { SigningKey } from './signing.ts'
import { DecapsulationKey, EncapsulationKey, generateSeed } from './x-wing.ts'

const SIGNING_SEED_BYTES = 32

/** The seeds of an identity file. SPEC §4.1 */
export interface IdentitySeeds {
  readonly signingSeed: Uint8Array
  readonly unlockSeed: Uint8Array
}

/** What a new identity is made of: its seeds go into its file, `unlock` wraps its key slot, `signing` makes it a member. */
export interface NewIdentity extends IdentitySeeds {
  readonly signing: SigningKey
  readonly unlock: EncapsulationKey
}

/** A new identity: a signing key and an unlock key. */
export function createIdentity(): NewIdentity {
  const signingSeed = randomBytes(SIGNING_SEED_BYTES)
  const unlockSeed = generateSeed()
  const unlock = new EncapsulationKey(new DecapsulationKey(unlockSeed).publicKey)
  return { signingSeed, unlockSeed, signing: SigningKey.fromSeed(signingSeed), unlock }
}

/**
 * The keys of an identity file.
 * @throws {KeyError} `identity-member` when its signing key is not that of the member it names: the file was changed by hand.
 */
export function identityKeys(identity: IdentityFile): { signing: SigningKey; unlock: DecapsulationKey } {
  const signing = SigningKey.fromSeed(identity.signingSeed)
  if (!equalBytes(signing.memberId, identity.member)) {
    throw new KeyError('identity-member', 'The identity file names another member than its signing key belongs to.', {
      hint: 'Use a copy of the file that nobody changed.',
    })
  }
  return { signing, unlock: new DecapsulationKey(identity.unlockSeed) }
}
