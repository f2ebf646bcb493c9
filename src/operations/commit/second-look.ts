// A second look into directories that were listed: what of it was there before the commit, and was captured under no name.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DirectoryHandle } from '../../sources/filesystem/directory-handle.ts'
import { isTaggedCache } from '../../sources/filesystem/excludes.ts'
import type { OwnDirectory } from '../../sources/filesystem/own-directory.ts'
import { Scope, type ScopeRules } from '../../sources/filesystem/scope.ts'
import { type CaptureRoot, type Selection, selectionOf } from '../../sources/filesystem/selection.ts'
import { AskedName, unlessGone } from './asked-name.ts'
import type { KeySet } from './key-set.ts'
import type { ListedLinks } from './listed-links.ts'
import { MovedLinks } from './moved-links.ts'
import type { Problems } from './problems.ts'

export interface SecondLookOptions {
  readonly root: CaptureRoot
  readonly rules: ScopeRules
  readonly own: OwnDirectory
  readonly problems: Problems
  /** Wall clock at the start, in milliseconds. */
  readonly startedAt: number
  readonly signal: AbortSignal | undefined
  /** Called now and then; throws when going on makes no sense. */
  readonly check: () => void
}

const STEPS_PER_TURN = 128
const MESSAGE = 'was moved here while the commit went on: it may be missing from this snapshot'

export class SecondLook {
  readonly links: MovedLinks
  readonly #options: SecondLookOptions
  readonly #selection: Selection
  readonly #captured: KeySet
  readonly #asked: AskedName
  #steps = 0

  /** @param captured the keys of all that was captured, each as often as it was */
  constructor(options: SecondLookOptions, captured: KeySet, links: ListedLinks) {
    this.#options = options
    this.#selection = selectionOf(options.root.roots)
    this.#captured = captured
    this.links = new MovedLinks(links)
    this.#asked = new AskedName(options.startedAt)
  }

  /** Whether a name still leads to the directory with this key, and if so, whether that may have changed. */
  findDirectory(above: DirectoryHandle, name: string, key: bigint): { isRecent: boolean } | undefined {
    const asked = this.#asked
    return asked.ask(above, name) && asked.isDirectory && asked.key === key ? asked : undefined
  }

  /**
   * Looks for what was moved into a directory, and into those that are new in it or have moved with it: there everything is looked into,
   * since what is deep in it may have changed alone. Captured directories are put into `unreached` instead, if that is given.
   */
  async into(directory: DirectoryHandle, path: string, unreached?: Set<string>): Promise<void> {
    const scope = Scope.at(this.#options.rules, this.#selection, path)
    for (const name of this.#namesIn(directory)) {
      await this.step()
      if (!this.#asked.ask(directory, name)) continue
      const place = path === '' ? name : `${path}/${name}`
      if (!this.#asked.isDirectory) this.#lookAtFile(directory, scope, place, name)
      else if (this.#mayHaveMoved && !this.#isLeftOut(scope, place, name)) {
        const isCaptured = this.#captured.has(this.#asked.key)
        if (!isCaptured && this.#asked.wasThere) this.#report(place)
        else if (isCaptured && unreached !== undefined) unreached.add(name)
        else await this.below(directory, path, name)
      }
    }
  }

  /** Looks into a directory in the one at `path`, and into all below it. */
  async below(directory: DirectoryHandle, path: string, name: string): Promise<void> {
    const below = directory.child(Buffer.from(name, 'latin1'))
    await this.into(below, path === '' ? name : `${path}/${name}`)
    below.close()
  }

  /** Records what only shows when all was looked at. To be called once. */
  finish(): void {
    for (const place of this.links.lost(this.#captured)) this.#report(place)
  }

  /** To be awaited for each name. @throws when the commit is cancelled, or makes no sense any more */
  async step(): Promise<void> {
    if (++this.#steps % STEPS_PER_TURN !== 0) return
    await nextTurn()
    this.#options.signal?.throwIfAborted()
    this.#options.check()
  }

  #namesIn(directory: DirectoryHandle): readonly string[] {
    const names = unlessGone(() => directory.names()) ?? []
    return this.#options.rules.excludeCaches === true && names.length > 0 && isTaggedCache(directory.fd(), names) ? [] : names
  }

  #lookAtFile(directory: DirectoryHandle, scope: Scope, place: string, name: string): void {
    if (!this.#asked.isRecent) return
    const { key, stat } = this.#asked
    const isCaptured = this.#captured.has(key)
    if (isCaptured && !this.links.isUnlisted(key, directory.stat(), name)) return
    if (this.#isLeftOut(scope, place, name)) return
    if (isCaptured ? !this.links.add(key, stat.nlink, place) : this.#asked.wasThere) this.#report(place)
  }

  /** Of a directory. A captured one that does not look so may have moved with one above, and changed below. */
  get #mayHaveMoved(): boolean {
    const { isMounted, isRecent, key } = this.#asked
    if (isMounted && this.#options.rules.oneFileSystem === true) return false
    return (isRecent && !isMounted) || this.#captured.has(key)
  }

  #isLeftOut(scope: Scope, place: string, name: string): boolean {
    const { isDirectory, stat } = this.#asked
    return (isDirectory && this.#options.own.is(stat)) || scope.leavesOut(place, name, isDirectory)
  }

  #report(place: string): void {
    this.#options.problems.add(place, 'changed', MESSAGE)
  }
}
