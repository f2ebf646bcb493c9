// The door to a repository: trust root, key slot, journal, pin, in the order of SPEC §9.1. Whoever calls it says how to unlock.

import { fromHex, type Id } from '../../format/bytes.ts'
import type { IdentityFile } from '../../format/identity-file.ts'
import { decodeSlotToOpen } from '../../format/key-slot.ts'
import { LIMITS } from '../../format/limits.ts'
import { slotKey } from '../../format/store-key.ts'
import { FormatError, KeyError } from '../errors.ts'
import { identityKeys } from './crypto/identity.ts'
import { openKeySlot, type SlotExpectations, type UnlockSecret } from './crypto/key-slots.ts'
import { type KeySet, keySetOf } from './crypto/keyset.ts'
import { type Genesis, readGenesis } from './journal/genesis.ts'
import { Journal } from './journal/journal.ts'
import type { Pin } from './journal/pins.ts'
import { Repository } from './repository.ts'
import type { ObjectStore } from './store/object-store.ts'
import { checkRepositoryJson } from './trust-hints.ts'

/** One way to unlock: an identity file, or a secret that opens one of the slots in the store. */
export type Unlock = { readonly kind: 'identity'; readonly identity: IdentityFile } | Exclude<UnlockSecret, { kind: 'identity' }>

/** What a client remembers of repositories between runs. All but the pins is disposable. */
export interface RepositoryMemory {
  /** The pin and the journal's state as of then. */
  pinOf(repository: Id): { readonly pin: Pin; readonly state?: Uint8Array } | undefined
  setPin(repository: Id, pin: Pin, state: Uint8Array): void
}

export interface OpenOptions {
  readonly store: ObjectStore
  /** The repository that is expected at this place, when that is known. */
  readonly expected?: Id
  /** Chooses how to unlock, once it is known which repository this is. */
  readonly unlock: (repository: Id) => Promise<Unlock>
  readonly memory: RepositoryMemory
  /** For whoever is about to accept a loss. */
  readonly allowOtherHistory?: boolean
}

/**
 * Opens a repository and pins its head. SPEC §9.1
 * @throws {NotFoundError} when there is none; {KeyError} when nothing unlocks it; {StopError} `repository-replaced`,
 * `journal-rollback`, `journal-fork`, `journal-omission`, `journal-rewritten`, `newer-repository`; {IntegrityError}, {FormatError} for what is damaged.
 */
export async function openRepository(options: OpenOptions): Promise<Repository> {
  const { store, expected, memory } = options
  const genesis = await readGenesis(store, expected)
  const remembered = memory.pinOf(genesis.id)
  const isKnown = expected !== undefined || (remembered !== undefined && remembered.pin.sequence > 0)
  await checkRepositoryJson(store, genesis.id, { isKnown })
  const keys = await unlockKeys(store, genesis, await options.unlock(genesis.id))
  const journal = await Journal.open({
    store,
    repository: genesis.id,
    journalKey: keys.write!.journal,
    ...(remembered !== undefined && { pin: remembered.pin, ...(remembered.state !== undefined && { cached: remembered.state }) }),
    fromCheckpoint: remembered === undefined,
    allowOtherHistory: options.allowOtherHistory === true,
  })
  rememberHead(memory, journal, remembered?.pin)
  return new Repository({ store, keys, journal })
}

/** Pins the journal's head, when it has moved on. */
export function rememberHead(memory: RepositoryMemory, journal: Journal, known: Pin | undefined): void {
  const pin = journal.pin()
  // Never backwards: another process of this client may have seen more meanwhile.
  if (known === undefined || known.sequence < pin.sequence || journal.accepted)
    memory.setPin(journal.repository, pin, journal.encodeState())
}

async function unlockKeys(store: ObjectStore, genesis: Genesis, unlock: Unlock): Promise<KeySet> {
  const expectations: SlotExpectations = {
    repository: genesis.id,
    keysCommitment: genesis.clear.keys,
    sealing: new Map([[0, genesis.clear.sealing]]),
  }
  if (unlock.kind === 'identity') {
    const { signing, unlock: key } = identityKeys(unlock.identity)
    const bytes = await slotBytes(store, unlock.identity.slot)
    if (bytes === undefined) throw slotGone(unlock.identity)
    const { keyring } = await openKeySlot(bytes, expectations, { kind: 'identity', unlock: key })
    return keySetOf(keyring, signing)
  }
  return trySlots(store, expectations, unlock)
}

/** Tries every slot of the kind; the first that opens wins. */
async function trySlots(store: ObjectStore, expectations: SlotExpectations, secret: UnlockSecret): Promise<KeySet> {
  let failure: Error | undefined
  for await (const { key } of store.list('keys/')) {
    try {
      const bytes = await slotBytes(store, fromHex(key.slice('keys/'.length)))
      if (bytes === undefined || kindOf(bytes) !== secret.kind) continue
      return keySetOf((await openKeySlot(bytes, expectations, secret)).keyring)
    } catch (error) {
      // Another one may open: junk among the slots, or one that cannot be read, must not keep it from that, nor hide a wrong secret.
      if (failure === undefined || error instanceof KeyError) failure = error as Error
    }
  }
  throw (
    failure ?? new KeyError('no-such-slot', `This repository has no ${secret.kind} slot.`, { hint: "'cairn key list' shows its slots." })
  )
}

function kindOf(bytes: Buffer): string | undefined {
  try {
    return decodeSlotToOpen(bytes).kind
  } catch (error) {
    if (error instanceof FormatError) return undefined // junk among the slots must not keep the others from opening
    throw error
  }
}

function slotBytes(store: ObjectStore, id: Uint8Array): Promise<Buffer | undefined> {
  return store.get(slotKey(id), { maxBytes: LIMITS.smallObjectBytes })
}

function slotGone(identity: IdentityFile): KeyError {
  return new KeyError('slot-gone', `The key slot of the identity '${identity.label}' is not in the store.`, {
    hint: "An owner may have removed it with 'cairn key remove'. Use another identity, the passphrase, or the recovery code.",
  })
}
