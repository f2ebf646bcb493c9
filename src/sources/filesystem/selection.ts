// Which names of a directory are captured: all of them, or only the way to the paths that a person named.

import fs from 'node:fs'
import path from 'node:path'
import { UsageError } from '../../errors.ts'

/** All names, or only these, each with what is selected below it. Names are latin1 text. */
export type Selection = 'all' | ReadonlyMap<string, Selection>

/** What a capture starts from: one directory, and what is selected in it. */
export interface CaptureRoot {
  /** Absolute path of the directory that becomes the snapshot's root. */
  readonly path: Buffer
  readonly selection: Selection
  /** The paths that were named, absolute, each with its place in the snapshot (empty for the root itself). */
  readonly roots: readonly { readonly path: Buffer; readonly at: Buffer }[]
}

/**
 * Resolves the paths that a person named. One directory becomes the root itself; one file is captured alone, in its directory;
 * several paths keep their absolute paths below the root.
 * @throws {UsageError} when a path does not exist or is not absolute after resolving.
 */
export function captureRoot(paths: readonly string[]): CaptureRoot {
  const [only] = paths
  if (paths.length === 1 && only !== undefined) {
    const real = existing(only)
    if (fs.statSync(real).isDirectory()) return { path: real, selection: 'all', roots: [{ path: real, at: Buffer.alloc(0) }] }
    const { directory, name } = split(real)
    return { path: directory, selection: new Map([[name.toString('latin1'), 'all' as const]]), roots: [{ path: real, at: name }] }
  }
  const selection = new Map<string, Selection>()
  const roots = paths.map((named) => {
    const real = existing(named)
    select(
      selection,
      real
        .toString('latin1')
        .split('/')
        .filter((part) => part !== ''),
    )
    return { path: real, at: real.subarray(1) }
  })
  return { path: Buffer.from('/'), selection: selection.size === 0 ? 'all' : selection, roots }
}

function existing(named: string): Buffer {
  const absolute = path.resolve(named)
  try {
    return fs.realpathSync(absolute, { encoding: 'buffer' })
  } catch (cause) {
    throw new UsageError('no-such-path', `There is nothing to back up at ${absolute}.`, {
      hint: 'Check the path and its permissions.',
      cause,
    })
  }
}

function split(real: Buffer): { directory: Buffer; name: Buffer } {
  const slash = real.lastIndexOf('/')
  return { directory: slash === 0 ? Buffer.from('/') : real.subarray(0, slash), name: real.subarray(slash + 1) }
}

function select(selection: Map<string, Selection>, parts: readonly string[]): void {
  const [first, ...rest] = parts
  if (first === undefined) return
  const known = selection.get(first)
  if (known === 'all') return
  if (rest.length === 0) {
    selection.set(first, 'all')
    return
  }
  const below = known instanceof Map ? known : new Map<string, Selection>()
  selection.set(first, below)
  select(below, rest)
}
