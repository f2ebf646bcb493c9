// Of files with several names: a name that moves is in no directory of the snapshot though its file is, under another name. Nothing tells
// whether a name that was not listed has moved, or was made meanwhile, or is a listed one that was changed. So they are counted: names
// that were not listed must be explained by listed ones that are gone, and by links that the file has more than when it was listed.

import type { FileIdentity } from '../../runtime/posix/file-stat.ts'
import { fileKey, KeySet } from './key-set.ts'
import { type ListedLinks, linkKey } from './listed-links.ts'

/** What is known of a file of which such names were found. */
interface Doubt {
  readonly places: string[]
  linkCount: number
  listedCount: number
  mostLinks: number
  goneCount: number
}

/** So many names are counted before any is recorded; whatever comes then is recorded at once, so that memory is bounded. */
const MOST_PLACES = 100_000

export class MovedLinks {
  readonly #listed: ListedLinks
  #sets: ReturnType<ListedLinks['sets']> | undefined
  /** Keys of the listed names that are still there. */
  readonly #found = new KeySet()
  /** Keys of directories that were not looked into: all in them is as it was. */
  readonly #unchanged = new KeySet()
  readonly #doubts = new Map<bigint, Doubt>()
  #placeCount = 0

  constructor(listed: ListedLinks) {
    this.#listed = listed
  }

  /** Takes note of a directory that is still there, and has not changed. */
  unchanged(directory: bigint): void {
    if (!this.#listed.isEmpty) this.#unchanged.addKey(directory)
  }

  /** Whether a captured file has a name that was not listed, though others were, of several. Takes note of one that was. */
  isUnlisted(file: bigint, directory: FileIdentity, name: string): boolean {
    if (this.#listed.isEmpty) return false
    const { files, links } = (this.#sets ??= this.#listed.sets())
    if (!files.has(file)) return false
    const link = linkKey(file, fileKey(directory), name)
    if (!links.has(link)) return true
    this.#found.addKey(link)
    return false
  }

  /** Takes note of such a name, at a place in the snapshot; false when there are too many, so that it must be recorded. */
  add(file: bigint, linkCount: number, place: string): boolean {
    if (this.#placeCount === MOST_PLACES) return false
    this.#placeCount++
    const doubt = this.#doubts.get(file)
    if (doubt !== undefined) {
      doubt.places.push(place)
      doubt.linkCount = linkCount
    } else this.#doubts.set(file, { places: [place], linkCount, listedCount: 0, mostLinks: 0, goneCount: 0 })
    return true
  }

  /** The places of names of which one at least must have been there before. To be called once, at the end. */
  *lost(captured: KeySet): Generator<string> {
    if (this.#doubts.size === 0) return
    this.#count()
    for (const [file, doubt] of this.#doubts) if (isLost(doubt, captured.count(file))) yield* doubt.places
  }

  #count(): void {
    for (const { file, directory, link, linkCount } of this.#listed) {
      const doubt = this.#doubts.get(file)
      if (doubt === undefined) continue
      doubt.listedCount++
      doubt.mostLinks = Math.max(doubt.mostLinks, linkCount)
      if (!this.#unchanged.has(directory) && !this.#found.has(link)) doubt.goneCount++
    }
  }
}

/**
 * A file that was captured under more names than were listed of several had one name only when one of them was: all others are new. One
 * that was captured under fewer had lost a listed name to another file before that was read: its going explains nothing.
 */
function isLost({ places, linkCount, listedCount, mostLinks, goneCount }: Doubt, capturedCount: number): boolean {
  const unreadCount = listedCount - capturedCount
  return unreadCount >= 0 && places.length > goneCount - unreadCount + linkCount - mostLinks
}
