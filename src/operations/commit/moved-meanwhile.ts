// A file that moves out of a directory before the walk lists it, into one that the walk has listed, is in neither: it was there all the
// time, and the snapshot lacks it. Such a move changes the directory that it leaves, so the walk sees that one may have happened; then it
// goes over the directories that changed once more, for what was there before the commit and was captured nowhere. SPEC §9.2.3.

import { ENTRY_DIRECTORY } from '../../../format/tree.ts'
import type { DirectoryHandle } from '../../sources/filesystem/directory-handle.ts'
import type { DirectoryNode } from './directory-node.ts'
import { fileKey, KeySet, saltOf } from './key-set.ts'
import { SecondLook, type SecondLookOptions } from './second-look.ts'
import { WalkedDirectories, type WalkedDirectory } from './walked-directories.ts'

/** A directory that leads to the present one, or is it. */
interface Place {
  readonly handle: DirectoryHandle
  readonly path: string
  /** Captured directories in it that were not come to by the name that they had: they moved, and what moved into them with them. */
  readonly unreached: Set<string>
}

export class MovedMeanwhile {
  readonly #options: SecondLookOptions
  readonly #directories = new WalkedDirectories()
  readonly #captured = new KeySet()
  #isLikely = false

  constructor(options: SecondLookOptions) {
    this.#options = options
  }

  /** Takes note of a directory whose names are known; of the one above before. */
  listed({ depth, path, scope, incomplete, handle }: DirectoryNode): void {
    const name = path.slice(path.lastIndexOf('/') + 1)
    this.#directories.add({ depth, name, key: fileKey(handle.stat()), isWhole: scope.isListed && !incomplete })
  }

  /** Takes note of a directory in which everything was read, before that is released. */
  captured({ handle, names, types, stats, isRecent }: DirectoryNode): void {
    const own = handle.stat()
    const salt = saltOf(own.dev)
    this.#captured.addKey(fileKey(own))
    for (let index = 0; index < names.length; index++)
      if (types[index] !== ENTRY_DIRECTORY) this.#captured.add(stats.inodeLow(index), stats.inodeHigh(index) ^ salt)
    this.#isLikely ||= isRecent
  }

  /** Records what was moved and is not captured. To be called once, when all that is captured was noted. */
  async report(root: DirectoryHandle): Promise<void> {
    if (!this.#isLikely) return
    const look = new SecondLook(this.#options, this.#captured)
    /** From the root down; undefined for one that is gone, and what was below it. */
    const way: (Place | undefined)[] = []
    for (const directory of this.#directories) {
      await look.step()
      await leave(way, directory.depth, look)
      const handle = directory.depth === 0 ? root : come(way.at(-1), directory, look)
      way.push(handle && (await enter(handle, directory, look)))
    }
    await leave(way, 0, look)
  }
}

/** Comes to a directory by the name that it had; undefined when that leads there no more. */
function come(above: Place | undefined, { name, key, isWhole }: WalkedDirectory, look: SecondLook): DirectoryHandle | undefined {
  if (above === undefined || !look.isStill(above.handle, name, key)) return undefined
  above.unreached.delete(name)
  return above.handle.child(Buffer.from(name, 'latin1'), !isWhole)
}

/** Looks into the directory that was come to, where it changed; the root may have. */
async function enter(handle: DirectoryHandle, { depth, path, isWhole }: WalkedDirectory, look: SecondLook): Promise<Place> {
  const place = { handle, path, unreached: new Set<string>() }
  if (isWhole && (depth === 0 || look.isRecent)) await look.into(handle, path, place.unreached)
  return place
}

/** Closes the places from a depth on, the deepest first, after a look into what is only there under a new name. */
async function leave(way: (Place | undefined)[], depth: number, look: SecondLook): Promise<void> {
  for (const left of way.splice(depth).reverse()) {
    if (left === undefined) continue
    for (const name of left.unreached) await look.below(left.handle, left.path, name)
    left.handle.close()
  }
}
