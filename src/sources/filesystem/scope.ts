// What of a directory is captured. Within a named path that is everything but what is left out; elsewhere only the way to named paths.
// What was named is captured whatever is left out: the rules hold below it. Commits and comparisons with live directories ask here.

import type { DirectoryHandle } from './directory-handle.ts'
import { type IsExcluded, isTaggedCache, TAGGED_CACHE_NAMES } from './excludes.ts'
import { partsOf, type Selection } from './selection.ts'

export interface ScopeRules {
  /** As `excludesOf` makes it of the same selection. */
  readonly isExcluded?: IsExcluded | undefined
  /** Whether what lies beside a valid CACHEDIR.TAG is left out. */
  readonly excludeCaches?: boolean
  /** Whether other file systems that are mounted below a named path are left out; a bind mount of the same one is not. */
  readonly oneFileSystem?: boolean
}

const NONE: readonly string[] = []

/** The scope of one directory; paths below the snapshot's root and names are latin1 text. */
export class Scope {
  readonly #rules: ScopeRules
  readonly #named: Selection | undefined
  /** Whether it takes part in a named path around it, or is one. */
  #all: boolean
  /** Of the named path; undefined until that is entered. */
  #device: number | undefined

  private constructor(rules: ScopeRules, named: Selection | undefined, all: boolean, device: number | undefined) {
    this.#rules = rules
    this.#named = named
    this.#all = all || named?.isNamed === true
    this.#device = named?.isNamed === true ? undefined : device
  }

  /** The scope of a directory at a place in the snapshot: of its root, when the place is empty. */
  static at(rules: ScopeRules, selection: Selection, place: string): Scope {
    let scope = new Scope(rules, selection, false, undefined)
    let path = ''
    for (const name of partsOf(place)) {
      path = path === '' ? name : `${path}/${name}`
      scope = scope.below(path, name)
    }
    return scope
  }

  /** Whether only some names of it are asked for, so that it need not be listed. */
  get isWay(): boolean {
    return this.#named !== undefined && !this.#named.isNamed
  }

  /** Whether nothing in it was named, and nothing is left out by its path. */
  get isWhole(): boolean {
    return this.#named === undefined && this.#rules.isExcluded === undefined
  }

  /** Whether all names in it are asked for; known once `names` was called. */
  get isListed(): boolean {
    return this.#all
  }

  /** The scope of a directory in this one. */
  below(path: string, name: string): Scope {
    const named = this.#named?.below.get(name)
    const isLeftOut = this.#all && named !== undefined && !named.isNamed && this.#rules.isExcluded?.(path, true) === true
    return new Scope(this.#rules, named, this.#all && !isLeftOut, this.#device)
  }

  /**
   * The names in it that may be captured, sorted, in an array of the caller's; named ones also where they are gone. `missed` gets why
   * the others are unknown.
   * @throws {PosixError} when it cannot be read and nothing in it was named.
   */
  names(handle: DirectoryHandle, missed: (error: unknown) => void): string[] {
    const named = this.#named === undefined ? [] : [...this.#named.below.keys()].sort()
    if (this.#rules.oneFileSystem === true) this.#stayOn(handle.stat().dev)
    if (!this.#all) return named
    try {
      const names = handle.names()
      this.#all = !(this.#rules.excludeCaches === true && isTaggedCache(handle.fd(), names))
      const chosen = this.#all ? names : [...TAGGED_CACHE_NAMES]
      return named.length === 0 ? chosen : [...new Set([...chosen, ...named])].sort()
    } catch (error) {
      if (named.length === 0) throw error
      missed(error)
      return named
    }
  }

  /** Whether a name of it is left out though it is there. */
  leavesOut(path: string, name: string, isDirectory: boolean): boolean {
    const named = this.#named?.below.get(name)
    if (named === undefined) return this.#rules.isExcluded?.(path, isDirectory) === true
    return !isDirectory && !named.isNamed && !this.#all // what leads to a named path is a directory, or nothing
  }

  /** The named paths below it, or below a name of it: they are lost with it. `path` is its place, or that of the name. */
  namedBelow(path: string, name?: string): readonly string[] {
    const named = name === undefined ? this.#named : this.#named?.below.get(name)
    return named === undefined ? NONE : namedPaths(named, path)
  }

  #stayOn(device: number): void {
    this.#device ??= device
    if (device !== this.#device) this.#all = false
  }
}

function namedPaths({ below }: Selection, path: string): string[] {
  return [...below].flatMap(([name, next]) => {
    const place = `${path}/${name}`
    return next.isNamed ? [place, ...namedPaths(next, place)] : namedPaths(next, place)
  })
}
