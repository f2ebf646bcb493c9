// Where a client keeps what it must not lose (identities, pins, spool: CAIRN_HOME) and what it may (caches: CAIRN_CACHE).

import fs from 'node:fs'
import path from 'node:path'
import { UsageError } from '../../errors.ts'
import { makeDirectories } from '../../runtime/make-directories.ts'
import { userHome } from '../../runtime/user.ts'
import type { OwnPlace } from '../../targets/kept-out.ts'
import { isHomeError, withHomeErrors } from '../catalog/home-errors.ts'

export interface Home {
  /** 0700; identities, catalog, spool. */
  readonly directory: string
  /** 0700; disposable. */
  readonly cacheDirectory: string
}

/** Where the home of this user is, whether it exists or not. @throws {UsageError} `no-home` when nothing names one. */
export function homeDirectory(env: NodeJS.ProcessEnv): string {
  return path.resolve(env['CAIRN_HOME'] || path.join(baseDirectory(env['XDG_CONFIG_HOME'], '.config'), 'cairn'))
}

/**
 * The places of this user; made when they are missing, closed to everybody else. Whoever only reads does not need them.
 * @throws {HomeError} `home-*`; {UsageError} `no-home`.
 */
export function openHome(env: NodeJS.ProcessEnv, { isNeeded = true } = {}): Home {
  const directory = homeDirectory(env)
  const cacheDirectory = path.resolve(env['CAIRN_CACHE'] || defaultCache(env, directory))
  for (const each of [directory, cacheDirectory]) {
    try {
      withHomeErrors(each, () => makeDirectories(each))
    } catch (error) {
      if (isNeeded || !isHomeError(error)) throw error
    }
  }
  return { directory, cacheDirectory }
}

/** Where a restore would harm what opens the repositories. */
export function homePlaces({ directory, cacheDirectory }: Home): OwnPlace[] {
  return [
    { path: directory, what: "where Cairn's keys and pins are" },
    { path: cacheDirectory, what: "Cairn's cache" },
  ]
}

function defaultCache(env: NodeJS.ProcessEnv, home: string): string {
  return env['CAIRN_HOME'] ? path.join(home, 'cache') : path.join(baseDirectory(env['XDG_CACHE_HOME'], '.cache'), 'cairn')
}

/** A base directory of the XDG specification, which says to ignore a relative one. @throws {UsageError} `no-home`. */
function baseDirectory(named: string | undefined, belowHome: string): string {
  if (named !== undefined && path.isAbsolute(named)) return named
  const home = userHome()
  if (home !== undefined) return path.join(home, belowHome)
  throw new UsageError('no-home', 'This user has no home directory: neither HOME nor an account names one.', {
    hint: 'Set CAIRN_HOME to a directory that only this user may use.',
  })
}

/** The places in which others could put an identity, a pin or a cache of their own making. */
export function writableByOthers({ directory, cacheDirectory }: Home): string[] {
  const places = [directory, path.join(directory, 'identities'), cacheDirectory]
  return places.filter((each) => ((fs.statSync(each, { throwIfNoEntry: false })?.mode ?? 0) & 0o022) !== 0)
}
