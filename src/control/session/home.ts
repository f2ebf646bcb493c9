// Where a client keeps what it must not lose (identities, pins, spool: CAIRN_HOME) and what it may (caches: CAIRN_CACHE).

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { makeDirectories } from '../../runtime/make-directories.ts'
import type { OwnPlace } from '../../targets/kept-out.ts'
import { withHomeErrors } from '../catalog/home-errors.ts'

export interface Home {
  /** 0700; identities, catalog, spool. */
  readonly directory: string
  /** 0700; disposable. */
  readonly cacheDirectory: string
}

/** Where the home of this user is, whether it exists or not. */
export function homeDirectory(env: NodeJS.ProcessEnv): string {
  const config = env['XDG_CONFIG_HOME'] || path.join(os.homedir(), '.config')
  return path.resolve(env['CAIRN_HOME'] || path.join(config, 'cairn'))
}

/** The places of this user; made when they are missing, closed to everybody else. @throws {StoreError} `home-*`. */
export function openHome(env: NodeJS.ProcessEnv): Home {
  const cache = env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache')
  const directory = homeDirectory(env)
  const cacheDirectory = path.resolve(env['CAIRN_CACHE'] || (env['CAIRN_HOME'] ? path.join(directory, 'cache') : path.join(cache, 'cairn')))
  for (const each of [directory, cacheDirectory]) withHomeErrors(each, () => makeDirectories(each))
  return { directory, cacheDirectory }
}

/** Where a restore would harm what opens the repositories. */
export function homePlaces({ directory, cacheDirectory }: Home): OwnPlace[] {
  return [
    { path: directory, what: "where Cairn's keys and pins are" },
    { path: cacheDirectory, what: "Cairn's cache" },
  ]
}

/** The places in which others could put an identity, a pin or a cache of their own making. */
export function writableByOthers({ directory, cacheDirectory }: Home): string[] {
  const places = [directory, path.join(directory, 'identities'), cacheDirectory]
  return places.filter((each) => ((fs.statSync(each, { throwIfNoEntry: false })?.mode ?? 0) & 0o022) !== 0)
}
