// A repository for tests without a command line: made in any store, opened with its owner's identity, committed to in this thread.

import type { IdentityFile } from '../../format/identity-file.ts'
import { type CommitOptions, type CommitOutcome, commit } from '../../src/operations/commit/commit.ts'
import { init } from '../../src/operations/init/init.ts'
import type { Pin } from '../../src/repository/journal/pins.ts'
import { openRepository, type RepositoryMemory, rememberHead } from '../../src/repository/open.ts'
import type { Repository } from '../../src/repository/repository.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { captureRoot } from '../../src/sources/filesystem/selection.ts'

/** Pins in memory: what a client remembers between runs. */
export class MemoryOfPins implements RepositoryMemory {
  readonly pins = new Map<string, { pin: Pin; state: Uint8Array }>()

  pinOf(repository: Uint8Array): { pin: Pin; state: Uint8Array } | undefined {
    return this.pins.get(Buffer.from(repository).toString('hex'))
  }

  setPin(repository: Uint8Array, pin: Pin, state: Uint8Array): void {
    this.pins.set(Buffer.from(repository).toString('hex'), { pin, state })
  }
}

export interface TestOwner {
  readonly identity: IdentityFile
  readonly recoveryCode: string
  readonly memory: MemoryOfPins
}

/** Makes a repository; the owner is what a later `openAs` needs. */
export async function initIn(store: ObjectStore): Promise<TestOwner> {
  const outcome = await init(store, { name: 'test', label: 'owner', keepIdentity: async () => undefined })
  return { identity: outcome.identity, recoveryCode: outcome.recoveryCode, memory: new MemoryOfPins() }
}

/** Opens the repository as its owner, as a new process would. */
export function openAs(store: ObjectStore, owner: TestOwner): Promise<Repository> {
  const unlock = async () => ({ kind: 'identity', identity: owner.identity }) as const
  return openRepository({ store, expected: owner.identity.repository, unlock, memory: owner.memory })
}

export const FACTS: CommitOptions['facts'] = {
  series: 'test',
  createdBy: 'tester@host',
  actor: 'person:tester',
  source: 'Manual',
  description: '',
  requestId: '',
  environment: '',
  host: 'host',
  toolVersion: '0.0.0',
  applicationVersion: '',
  storageSpecVersion: '',
  tags: {},
  excludes: [],
}

/** Commits a directory in this thread, as a new process would: opened, committed, pinned. */
export async function commitIn(
  store: ObjectStore,
  owner: TestOwner,
  directory: string,
  options: Partial<CommitOptions> = {},
): Promise<CommitOutcome> {
  const repository = await openAs(store, owner)
  const outcome = await commit(repository, { root: captureRoot([directory]), facts: FACTS, threads: 0, ...options })
  rememberHead(owner.memory, repository.journal, owner.memory.pinOf(repository.id)?.pin)
  return outcome
}
