// A file that moves out of a directory before the walk lists it, into one that the walk has listed, is in neither: it was there all the
// time, and the snapshot lacks it. Such a move changes the directory that it leaves, so the walk sees that one may have happened; then it
// goes over the directories that changed once more, for what was there before the commit and was captured nowhere. SPEC §9.2.3.

import { ENTRY_DIRECTORY } from '../../../format/tree.ts'
import type { DirectoryHandle } from '../../sources/filesystem/directory-handle.ts'
import type { DirectoryNode } from './directory-node.ts'
import { fileKey, KeySet, saltOf } from './key-set.ts'
import { ListedLinks } from './listed-links.ts'
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
  readonly #links = new ListedLinks()
  #isLikely = false

  constructor(options: SecondLookOptions) {
    this.#options = options
  }

  /** Takes note of a directory whose names are known; of the one above before. */
  listed(node: DirectoryNode): void {
    const { depth, path, scope, incomplete, handle } = node
    const name = path.slice(path.lastIndexOf('/') + 1)
    this.#directories.add({ depth, name, key: fileKey(handle.stat()), isWhole: scope.isListed && !incomplete })
    this.#links.add(node, this.#options.startedAt)
  }

  /** Takes note of a directory in which everything was read, before that is released. */
  captured({ handle, names, types, salts, stats, isRecent, hasReplaced }: DirectoryNode): void {
    const own = handle.stat()
    const salt = saltOf(own.dev)
    this.#captured.addKey(fileKey(own))
    for (let index = 0; index < names.length; index++)
      if (types[index] !== ENTRY_DIRECTORY) this.#captured.add(stats.inodeLow(index), stats.inodeHigh(index) ^ (salts?.[index] ?? salt))
    this.#isLikely ||= isRecent || hasReplaced
  }

  /** Takes note of a directory that stands in a listed one and could not be read: it moved nowhere, and was told already. */
  unreadable({ handle, salts, stats }: DirectoryNode, index: number): void {
    this.#captured.add(stats.inodeLow(index), stats.inodeHigh(index) ^ (salts?.[index] ?? saltOf(handle.stat().dev)))
  }

  /** Records what was moved and is not captured. To be called once, when all that is captured was noted. */
  async report(root: DirectoryHandle): Promise<void> {
    if (!this.#isLikely) return
    const look = new SecondLook(this.#options, this.#captured, this.#links)
    /** From the root down; undefined for one that is gone, and what was below it. */
    const way: (Place | undefined)[] = []
    for (const directory of this.#directories) {
      await look.step()
      await leave(way, directory.depth, look)
      way.push(directory.depth === 0 ? await enterRoot(root, directory, look) : await enter(way.at(-1), directory, look))
    }
    await leave(way, 0, look)
    look.finish()
  }
}

/** The root is always looked into: nothing above tells whether it changed. */
async function enterRoot(handle: DirectoryHandle, { path, isWhole }: WalkedDirectory, look: SecondLook): Promise<Place> {
  const place = { handle, path, unreached: new Set<string>() }
  if (isWhole) await look.into(handle, path, place.unreached)
  return place
}

/** Comes to a directory by the name that it had, and looks into it where it changed; undefined when the name leads there no more. */
async function enter(above: Place | undefined, directory: WalkedDirectory, look: SecondLook): Promise<Place | undefined> {
  const { name, path, key, isWhole } = directory
  const found = above && look.findDirectory(above.handle, name, key)
  if (above === undefined || found === undefined) return undefined
  const { isRecent } = found
  above.unreached.delete(name)
  const place = { handle: above.handle.child(Buffer.from(name, 'latin1'), !isWhole), path, unreached: new Set<string>() }
  if (isWhole && isRecent) await look.into(place.handle, path, place.unreached)
  else look.links.unchanged(key)
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
