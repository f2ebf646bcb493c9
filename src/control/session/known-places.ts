// What this machine remembers, for whoever has no keys. Nothing is made: no home, no catalog.

import type { Id } from '../../../format/bytes.ts'
import type { Pin } from '../../repository/journal/pins.ts'
import { Catalog } from '../catalog/catalog.ts'
import { homeDirectory } from './home.ts'

export interface KnownPlaces {
  /** The repository that was last seen at a location. */
  repositoryAt(location: string): Id | undefined
  pinOf(repository: Id): Pin | undefined
  close(): void
}

const NOTHING_KNOWN: KnownPlaces = { repositoryAt: () => undefined, pinOf: () => undefined, close: () => undefined }

/** The memory of this user's home, when there is one. */
export function openKnownPlaces(env: NodeJS.ProcessEnv): KnownPlaces {
  const directory = homeDirectory(env)
  if (!Catalog.isIn(directory)) return NOTHING_KNOWN
  const catalog = new Catalog(directory, { mayForget: true })
  return {
    repositoryAt: (location) => catalog.repositoryAt(location),
    pinOf: (repository) => catalog.pinOf(repository)?.pin,
    close: () => catalog.close(),
  }
}
