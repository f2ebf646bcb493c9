// A real repository for tests: made by `init`, filled by `commit`, opened by its owner's identity.

import type { IdentityFile } from '../../format/identity-file.ts'
import { type CommitOutcome, commit } from '../../src/operations/commit/commit.ts'
import { init } from '../../src/operations/init/init.ts'
import type { SnapshotRecord } from '../../src/repository/journal/state.ts'
import { openRepository } from '../../src/repository/open.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'

export interface RepositoryFixture {
  readonly store: ObjectStore
  readonly identity: IdentityFile
  readonly repository: Repository
}

export async function repositoryFixture(store: ObjectStore = new MemoryStore()): Promise<RepositoryFixture> {
  let identity: IdentityFile | undefined
  await init(store, { name: 'test', label: 'owner', keepIdentity: async (made) => void (identity = made) })
  return { store, identity: identity!, repository: await reopen(store, identity!) }
}

/** A fresh client: it has read nothing yet. */
export function reopen(store: ObjectStore, identity: IdentityFile): Promise<Repository> {
  return openRepository({
    store,
    unlock: async () => ({ kind: 'identity', identity }),
    memory: { pinOf: () => undefined, setPin: () => undefined },
  })
}

/** Commits a directory; what the journal says of the snapshot. */
export async function commitDirectory(
  repository: Repository,
  path: string,
  series = 'test',
): Promise<SnapshotRecord & { outcome: CommitOutcome }> {
  const facts = {
    series,
    createdBy: 'test',
    actor: 'person:test',
    source: 'filesystem',
    description: '',
    requestId: '',
    environment: '',
    host: 'host',
    toolVersion: '0',
    applicationVersion: '',
    storageSpecVersion: '',
    tags: {},
    excludes: [],
  }
  const outcome = await commit(repository, { root: captureRoot([path]), facts })
  await repository.journal.refresh()
  const snapshot = repository.journal.state.snapshots.find(({ manifest }) => outcome.manifestId.equals(manifest))!
  return { ...snapshot, outcome }
}
