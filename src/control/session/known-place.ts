// What this machine remembers of a place, for whoever has no keys. Nothing is made: no home, no catalog.

import fs from 'node:fs'
import path from 'node:path'
import type { Pin } from '../../repository/journal/pins.ts'
import { Catalog } from '../catalog/catalog.ts'
import { homeDirectory } from './home.ts'

export interface KnownPlace {
  /** The repository that was last seen there, or the one that was asked for. */
  readonly repository: Buffer | undefined
  readonly pin: Pin | undefined
}

/** The repository that was seen at a location, and its pin; that of `repository`, when it is given. */
export function knownPlace(env: NodeJS.ProcessEnv, location: string, repository?: Buffer): KnownPlace {
  const directory = homeDirectory(env)
  if (!fs.existsSync(path.join(directory, 'catalog.db'))) return { repository, pin: undefined }
  const catalog = new Catalog(directory)
  try {
    const known = repository ?? catalog.repositoryAt(location)
    return { repository: known, pin: known && catalog.pinOf(known)?.pin }
  } finally {
    catalog.close()
  }
}
