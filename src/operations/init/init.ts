// The verb `init`: makes a repository. Everything is made in memory first, since the slots are wrapped for the id that the first
// journal entry gives; then the identity is kept, the slots are written, and last the entry that makes it a repository. SPEC §3.2, §7.2.

import { toHex } from '../../../format/bytes.ts'
import { NO_FEATURES } from '../../../format/features.ts'
import type { IdentityFile } from '../../../format/identity-file.ts'
import { encodeSlot, type KeySlot } from '../../../format/key-slot.ts'
import type { Keyring } from '../../../format/keyring.ts'
import { encodeRepositoryJson } from '../../../format/repository-json.ts'
import { REPOSITORY_JSON, slotKey } from '../../../format/store-key.ts'
import { createIdentity, type NewIdentity } from '../../repository/crypto/identity.ts'
import { wrapKeyring } from '../../repository/crypto/key-slots.ts'
import { createRecoveryCode } from '../../repository/crypto/recovery.ts'
import { createRepositoryKeys, type RepositoryKeys } from '../../repository/crypto/repository-keys.ts'
import { assertNoRepository, createGenesis, type Genesis, storeGenesis } from '../../repository/journal/genesis.ts'
import type { ObjectStore } from '../../repository/store/object-store.ts'

/** Where content is cut unless told otherwise: smallest, average, largest chunk in bytes; docs/decisions/0002. */
export const DEFAULT_CHUNKER = [128 << 10, 256 << 10, 1 << 20] as const

export interface InitOptions {
  readonly name: string
  /** Who the owner is, for people. */
  readonly label: string
  readonly passphrase?: string
  /** Keeps the owner's identity before anything is stored; without it nobody could ever open the repository. */
  readonly keepIdentity: (identity: IdentityFile) => Promise<void>
}

export interface InitOutcome {
  readonly repository: Buffer
  readonly identity: IdentityFile
  readonly recoveryCode: string
}

/** Makes a repository in an empty store. @throws {UsageError} `repository-exists`; {StoreError}. */
export async function init(store: ObjectStore, options: InitOptions): Promise<InitOutcome> {
  await assertNoRepository(store)
  const keys = createRepositoryKeys()
  const owner = createIdentity()
  const recovery = createIdentity()
  const passphrase = options.passphrase === undefined ? undefined : createIdentity()
  const genesis = genesisOf(keys, owner, options, [
    { identity: recovery, label: 'recovery code' },
    ...(passphrase === undefined ? [] : [{ identity: passphrase, label: 'passphrase' }]),
  ])
  const ring = (label: string, own?: NewIdentity): Keyring => keyringOf(genesis, keys, label, own)
  const { secret, code } = createRecoveryCode(genesis.id)
  const ownSlot = await wrapKeyring(ring(options.label), owner.signing.memberId, { kind: 'identity', unlock: owner.unlock })
  const slots: KeySlot[] = [
    ownSlot,
    await wrapKeyring(ring('recovery code', recovery), recovery.signing.memberId, { kind: 'recovery', secret }),
  ]
  if (passphrase !== undefined && options.passphrase !== undefined) {
    const method = { kind: 'passphrase', passphrase: options.passphrase } as const
    slots.push(await wrapKeyring(ring('passphrase', passphrase), passphrase.signing.memberId, method))
  }
  const identity = identityOf(genesis, owner, ownSlot, options.label)
  await options.keepIdentity(identity)
  for (const slot of slots) await store.put(slotKey(slot.id), encodeSlot(slot))
  await storeGenesis(store, genesis)
  await store.put(REPOSITORY_JSON, Buffer.from(encodeRepositoryJson({ version: 1, repository: genesis.id, features: NO_FEATURES })))
  return { repository: Buffer.from(genesis.id), identity, recoveryCode: code }
}

function genesisOf(
  keys: RepositoryKeys,
  owner: NewIdentity,
  options: InitOptions,
  others: readonly { readonly identity: NewIdentity; readonly label: string }[],
): Genesis {
  const labels = [{ identity: owner, label: options.label }, ...others].map(({ identity, label }) => [
    toHex(identity.signing.memberId),
    label,
  ])
  return createGenesis({
    details: { name: options.name, chunker: DEFAULT_CHUNKER, labels: Object.fromEntries(labels) },
    sealing: keys.sealing,
    keysCommitment: keys.keysCommitment,
    journalKey: keys.write.journal,
    signing: owner.signing,
    members: others.map(({ identity }) => ({ key: identity.signing.publicKey, roles: ['owner'] as const })),
  })
}

function keyringOf(genesis: Genesis, keys: RepositoryKeys, label: string, own: NewIdentity | undefined): Keyring {
  return {
    repository: genesis.id,
    label,
    write: keys.write,
    read: [{ epoch: 0, seed: keys.readSeed }],
    ...(own !== undefined && { signing: own.signingSeed }),
  }
}

function identityOf(genesis: Genesis, owner: NewIdentity, slot: KeySlot, label: string): IdentityFile {
  const { signingSeed, unlockSeed, signing } = owner
  return { repository: genesis.id, member: signing.memberId, slot: slot.id, label, signingSeed, unlockSeed }
}
