// What a person named, and where it stands in the snapshot.

import fs from 'node:fs'
import path from 'node:path'
import { UsageError } from '../../errors.ts'

/** What was named of a directory. Names are latin1 text. */
export interface Selection {
  /** Whether the directory itself was named: then all in it is selected. */
  readonly isNamed: boolean
  /** What was named in it by name, and what leads to something named. */
  readonly below: ReadonlyMap<string, Selection>
}

/** A path that was named: absolute, and its place in the snapshot, empty for the root itself. */
export interface NamedPath {
  readonly path: Buffer
  readonly at: Buffer
}

/** What a capture starts from: one directory, and what was named in it. */
export interface CaptureRoot {
  /** Absolute path of the directory that becomes the snapshot's root. */
  readonly path: Buffer
  readonly roots: readonly NamedPath[]
}

/**
 * Resolves the paths that a person named. One directory becomes the root itself; one file is captured alone, in its directory;
 * several paths keep their absolute paths below the root. One that was named twice, in whatever way, counts once.
 * @throws {UsageError} `no-such-path`
 */
export function captureRoot(paths: readonly string[]): CaptureRoot {
  const found = [...new Map(paths.map(existing).map((each) => [each.path.toString('latin1'), each])).values()]
  const [only] = found
  if (found.length !== 1 || only === undefined)
    return { path: Buffer.from('/'), roots: found.map(({ path: real }) => ({ path: real, at: real.subarray(1) })) }
  if (only.isDirectory) return { path: only.path, roots: [{ path: only.path, at: Buffer.alloc(0) }] }
  const { directory, name } = split(only.path)
  return { path: directory, roots: [{ path: only.path, at: name }] }
}

/** What was named, given its places in the snapshot. */
export function selectionOf(roots: readonly { readonly at: Uint8Array }[]): Selection {
  const selection = newSelection()
  for (const { at } of roots) {
    let current = selection
    for (const name of partsOf(Buffer.from(at).toString('latin1'))) {
      const next = current.below.get(name) ?? newSelection()
      current.below.set(name, next)
      current = next
    }
    current.isNamed = true
  }
  return selection
}

/** The names that a path consists of. */
export function partsOf(pathBelow: string): string[] {
  return pathBelow.split('/').filter((part) => part !== '')
}

interface SelectionInTheMaking extends Selection {
  isNamed: boolean
  readonly below: Map<string, SelectionInTheMaking>
}

function newSelection(): SelectionInTheMaking {
  return { isNamed: false, below: new Map() }
}

function existing(named: string): { path: Buffer; isDirectory: boolean } {
  const absolute = path.resolve(named)
  try {
    const real = fs.realpathSync(absolute, { encoding: 'buffer' })
    return { path: real, isDirectory: fs.statSync(real).isDirectory() }
  } catch (cause) {
    if (isSymlink(absolute))
      throw new UsageError('no-such-path', `${absolute} is a symlink that leads nowhere, and one that is named is followed.`, {
        hint: 'Mend the link, or name the directory that it lies in: that is backed up with the link as it is.',
        cause,
      })
    throw new UsageError('no-such-path', `There is nothing to back up at ${absolute}.`, {
      hint: 'Check the path and its permissions.',
      cause,
    })
  }
}

function isSymlink(absolute: string): boolean {
  try {
    return fs.lstatSync(absolute).isSymbolicLink()
  } catch {
    return false
  }
}

function split(real: Buffer): { directory: Buffer; name: Buffer } {
  const slash = real.lastIndexOf('/')
  return { directory: slash === 0 ? Buffer.from('/') : real.subarray(0, slash), name: real.subarray(slash + 1) }
}
