// Looks at a damaged repository as somebody would, and holds what is found against the law.

import { expect } from 'vitest'
import { isCairnError } from '../../cli/exit-codes.ts'
import { equalBytes, toHex } from '../../format/bytes.ts'
import { readRecoveryCode } from '../../src/repository/crypto/recovery.ts'
import { openRepository, type Unlock } from '../../src/repository/open.ts'
import type { Repository } from '../../src/repository/repository.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import type { Fate, Viewer } from './damage-law.ts'
import type { Exhibit, Museum } from './museum.ts'
import { MemoryOfPins, openAs, type TestOwner } from './repository.ts'
import { salvage } from './salvage.ts'
import { copyOfOwner, strangerOf } from './soundness.ts'

/** What a viewer saw. */
export interface Inspection {
  readonly isRefused: boolean
  /** The repository, when it opened. */
  readonly repository: Repository | undefined
  /** Paths that could not be read, by the snapshot's id in hexadecimal. */
  readonly lost: ReadonlyMap<string, ReadonlySet<string>>
}

/** Opens as the viewer and reads all there is. @throws {AssertionError} where it is not as the fate says, or no error of ours. */
export async function inspect(store: ObjectStore, museum: Museum, viewer: Viewer, fate: Fate): Promise<Inspection> {
  const repository = await openOrRefuse(store, museum.owner, viewer)
  if (fate.opens !== 'maybe') expect(repository === undefined ? 'no' : 'yes', `${viewer} opens`).toBe(fate.opens)
  const lost = new Map<string, ReadonlySet<string>>()
  if (repository === undefined) return { isRefused: true, repository, lost }
  for (const exhibit of museum.exhibits) lost.set(toHex(exhibit.snapshot.manifest), await expectFate(repository, exhibit, fate))
  return { isRefused: false, repository, lost }
}

/** Undefined when it is refused with an error that says why. */
async function openOrRefuse(store: ObjectStore, owner: TestOwner, viewer: Viewer): Promise<Repository | undefined> {
  try {
    return viewer === 'code'
      ? await openByCode(store, owner)
      : await openAs(store, viewer === 'pinned' ? copyOfOwner(owner) : strangerOf(owner))
  } catch (error) {
    if (!isCairnError(error)) throw error
    return undefined
  }
}

/** Opens with nothing but the store and the recovery code. */
export function openByCode(store: ObjectStore, owner: TestOwner): Promise<Repository> {
  const { secret } = readRecoveryCode(owner.recoveryCode)
  const unlock: Unlock = { kind: 'recovery', secret }
  return openRepository({ store, expected: owner.identity.repository, unlock: async () => unlock, memory: new MemoryOfPins() })
}

/** Returns the paths of the snapshot that are lost. */
async function expectFate(repository: Repository, exhibit: Exhibit, { mayLose, isExact }: Fate): Promise<Set<string>> {
  const { snapshot, found } = exhibit
  const record = repository.journal.state.snapshots.find(({ manifest }) => equalBytes(manifest, snapshot.manifest))
  const salvaged = record === undefined ? { found: new Map<string, string>() } : await salvage(repository, record)
  for (const path of salvaged.found.keys()) expect(found.has(path), `${path} was never there`).toBe(true)
  const lost = [...found].filter(([path, facts]) => salvaged.found.get(path) !== facts).map(([path]) => path)
  const changed = lost.filter((path) => salvaged.found.has(path))
  expect(changed, 'read, but not what was committed').toEqual([])
  expect(
    lost.filter((path) => !mayLose(exhibit, path)),
    'lost, though nothing that it needs was touched',
  ).toEqual([])
  if (isExact)
    expect(
      [...found.keys()].filter((path) => mayLose(exhibit, path) && !lost.includes(path)),
      'damage overlooked',
    ).toEqual([])
  return new Set(lost)
}
