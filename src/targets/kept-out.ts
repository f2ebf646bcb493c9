// Places of Cairn's own in which nothing may be put: the repository, and where the client keeps its keys. Device and inode tell
// them, so a link or a bind mount hides nothing; where nothing is yet, the path does.

import fs from 'node:fs'
import path from 'node:path'
import { UsageError } from '../errors.ts'
import { type FileIdentity, isSameFile } from '../runtime/posix/file-stat.ts'

export interface OwnPlace {
  /** Absolute. */
  readonly path: string
  /** What it is, as "the repository". */
  readonly what: string
}

/** @throws {UsageError} `own-place` when the path is one of these places, or lies in it. */
export function assertOutside(target: string, places: readonly OwnPlace[]): void {
  for (const own of places)
    if (liesIn(target, own.path))
      throw new UsageError('own-place', `${target} lies in ${own.path}, which is ${own.what}.`, { hint: 'Name another place.' })
}

/** @throws {UsageError} `own-place` when one of these places lies below the path, so that it would be moved away with it. */
export function assertHoldsNone(target: string, places: readonly OwnPlace[]): void {
  for (const own of places)
    if (liesIn(own.path, target))
      throw new UsageError('own-place', `${target} holds ${own.path}, which is ${own.what}.`, { hint: 'Name another place.' })
}

function liesIn(inner: string, outer: string): boolean {
  const place = realPlace(outer)
  const identity = identityOf(place)
  return withParents(realPlace(inner)).some((each) => each === place || (identity !== undefined && isSame(identity, identityOf(each))))
}

/** The path without symlinks, as far as there is something at it. */
function realPlace(named: string): string {
  const absolute = path.resolve(named)
  try {
    return fs.realpathSync(absolute)
  } catch {
    const parent = path.dirname(absolute)
    return parent === absolute ? absolute : path.join(realPlace(parent), path.basename(absolute))
  }
}

function withParents(absolute: string): string[] {
  const parent = path.dirname(absolute)
  return parent === absolute ? [absolute] : [absolute, ...withParents(parent)]
}

function isSame(a: FileIdentity, b: FileIdentity | undefined): boolean {
  return b !== undefined && isSameFile(a, b)
}

function identityOf(place: string): FileIdentity | undefined {
  try {
    const { dev, ino } = fs.statSync(place, { bigint: true })
    return { dev: Number(dev), ino }
  } catch {
    return undefined
  }
}
