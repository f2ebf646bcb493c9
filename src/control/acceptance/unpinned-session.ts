// The way in when the journal lost what this client had pinned: a session opens only under its pin, and a person must be able to
// decide. The pin in the catalog stays until the loss was accepted, so nothing else opens meanwhile. SPEC §7.5.

import type { Id } from '../../../format/bytes.ts'
import type { Pin } from '../../repository/journal/pins.ts'
import { openRepository, type RepositoryMemory } from '../../repository/open.ts'
import { openStore } from '../../repository/store/open-store.ts'
import { actorOf } from '../access/actor.ts'
import type { ActingSession } from '../access/authorize.ts'
import { Catalog } from '../catalog/catalog.ts'
import { openHome } from '../session/home.ts'
import { missingRepository, missingStore } from '../session/missing-repository.ts'
import { chooseUnlock, repositoryLocation, type SessionOptions } from '../session/session.ts'

export interface UnpinnedSession extends ActingSession {
  /** What this client had verified, and the state that it kept; undefined when it never saw this repository. */
  readonly remembered: { readonly pin: Pin; readonly state: Buffer } | undefined
  close(): Promise<void>
}

/** Remembers nothing but the first entry, which is the repository id itself: so all of the journal is replayed. */
const FIRST_ENTRY_ONLY: RepositoryMemory = {
  pinOf: (repository: Id) => ({ pin: { sequence: 0, hash: repository } }),
  setPin: () => undefined,
}

/** Opens the repository that the options name by its identity alone. @throws as `Session.open` does, save for the lost pin. */
export async function openUnpinned(options: SessionOptions): Promise<UnpinnedSession> {
  const location = repositoryLocation(options)
  const actor = actorOf(options.env)
  const home = openHome(options.env)
  const store = await openStore(location).catch((error: unknown) => Promise.reject(missingStore(error, location, options.env)))
  const catalog = new Catalog(home.directory)
  const close = async (): Promise<void> => {
    catalog.close()
    await store.close()
  }
  try {
    const expected = catalog.repositoryAt(store.location)
    const unlock = (repository: Id) => chooseUnlock(options, home, repository)
    const repository = await openRepository({
      store,
      ...(expected !== undefined && { expected }),
      unlock,
      memory: FIRST_ENTRY_ONLY,
      allowOtherHistory: true,
    }).catch(async (error: unknown) => Promise.reject(await missingRepository(error, store, expected)))
    return { actor, home, catalog, repository, remembered: catalog.pinOf(repository.id), close }
  } catch (error) {
    await close()
    throw error
  }
}
