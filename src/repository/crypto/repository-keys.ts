import { keysCommitmentInput, type WriteKeys } from '../../../format/derivations.ts'
import { randomBytes } from '../../runtime/random.ts'
import { sha256 } from './hash.ts'
import { generateSeed, publicKey } from './x-wing.ts'

const KEY_BYTES = 32

/** The keys of a new repository. SPEC §4.1 */
export interface RepositoryKeys {
  readonly write: WriteKeys
  /** Seed of the read key of epoch 0. */
  readonly readSeed: Buffer
  /** Sealing key of epoch 0, 1,216 bytes, for the genesis entry. */
  readonly sealing: Buffer
  /** For the genesis entry, too. */
  readonly keysCommitment: Buffer
}

/** Fresh keys. What holds them is a keyring, once the genesis entry has given the repository its id. */
export function createRepositoryKeys(): RepositoryKeys {
  const write = { id: randomBytes(KEY_BYTES), gear: randomBytes(KEY_BYTES), index: randomBytes(KEY_BYTES), journal: randomBytes(KEY_BYTES) }
  const readSeed = generateSeed()
  return { write, readSeed, sealing: publicKey(readSeed), keysCommitment: keysCommitment(write) }
}

/** What the genesis entry says about the write keys without telling them. SPEC §4.1 */
export function keysCommitment(write: WriteKeys): Buffer {
  return sha256(keysCommitmentInput(write))
}
