import { toHex } from '../../../format/bytes.ts'
import { LIMITS } from '../../../format/limits.ts'
import { ENTRY_DIRECTORY, ENTRY_FILE, type Entry, encodeEntry } from '../../../format/tree.ts'
import { FormatError } from '../../errors.ts'
import { sha256 } from '../../repository/crypto/hash.ts'
import type { ChunkIndex } from '../../repository/objects/chunk-index.ts'
import type { Repository } from '../../repository/repository.ts'
import type { RestoreProblem } from '../../targets/problem.ts'
import { isDamage } from './damage.ts'
import { PlanColumns } from './plan-columns.ts'
import { cancelled, type FilesOptions, PlanFiles } from './plan-files.ts'
import { type IsIncluded, includesOf } from './selection.ts'

/** Entries from here on are more than one thread restores while others start. */
export const FEW_ENTRIES = 500

export interface WalkOptions extends FilesOptions {
  readonly include?: readonly string[]
  readonly keepGoing?: boolean
  /** Called once, when more than a few entries were found. */
  readonly onMany?: () => void
}

/** What a walk has found. */
export interface Walked {
  readonly columns: PlanColumns
  readonly problems: readonly RestoreProblem[]
  readonly counts: {
    readonly files: number
    readonly directories: number
    readonly others: number
    readonly links: number
    readonly bytes: number
    readonly chunks: number
  }
}

interface OpenDirectory {
  /** Its number once something in it is wanted. */
  index: number | undefined
  readonly parent: OpenDirectory | undefined
  readonly entry: Entry
  readonly path: string
  /** Whether all below it is wanted. */
  readonly included: boolean
  readonly depth: number
  readonly entries: AsyncIterator<Entry>
}

/** Walks the trees of a snapshot and collects what a restore needs. */
export class PlanWalk {
  readonly #repository: Repository
  readonly #options: WalkOptions
  readonly #isIncluded: IsIncluded | undefined
  readonly #columns: PlanColumns
  readonly #files: PlanFiles
  /** First entry of each group of hard links, and what all of the group must be. */
  readonly #groups = new Map<string, { readonly entry: number; readonly digest: Buffer }>()
  readonly #problems: RestoreProblem[] = []
  readonly #counts = { others: 0, links: 0 }

  constructor(repository: Repository, index: ChunkIndex, options: WalkOptions, root: Entry) {
    this.#repository = repository
    this.#options = options
    this.#isIncluded = includesOf(options.include)
    this.#columns = new PlanColumns(root)
    this.#files = new PlanFiles(repository, index, this.#columns, options)
  }

  /** Walks a directory and all below it, depth first; not recursive, since trees may be 65,536 deep. */
  async run(root: Entry): Promise<void> {
    const stack: OpenDirectory[] = [this.#open(root, undefined, '', this.#isIncluded === undefined)]
    stack[0]!.index = 0
    for (let current = stack.at(-1); current !== undefined; current = stack.at(-1)) {
      const entry = await this.#next(current)
      if (entry === undefined) stack.pop()
      else if (entry.type === ENTRY_DIRECTORY) stack.push(this.#enter(entry, current))
      else if (this.#wants(entry, current)) await this.add(entry, this.#indexOf(current), current.path)
    }
  }

  /** Adds an entry that is no directory. */
  async add(entry: Entry, directory: number, parentPath: string): Promise<void> {
    this.#options.bounds?.addEntry(recordBytesOf(entry), entry.link !== undefined)
    const source = entry.link && this.#linkSource(entry, parentPath)
    if (source !== undefined) {
      this.#columns.addLink(directory, entry, source)
      this.#counts.links++
      if (entry.type === ENTRY_FILE) this.#files.count(entry)
      return
    }
    if (entry.type === ENTRY_FILE) await this.#files.add(entry)
    else this.#counts.others++
    const index = this.#columns.addEntry(directory, entry)
    if (index === FEW_ENTRIES) this.#options.onMany?.()
    if (entry.link) this.#groups.set(toHex(entry.link), this.#groups.get(toHex(entry.link)) ?? { entry: index, digest: digestOf(entry) })
  }

  /** What was found. */
  result(): Walked {
    const counts = { ...this.#counts, ...this.#files.counts, directories: this.#columns.directoryCount - 1 }
    return { columns: this.#columns, problems: this.#problems, counts }
  }

  #open(entry: Entry, parent: OpenDirectory | undefined, path: string, included: boolean): OpenDirectory {
    const depth = parent === undefined ? 0 : parent.depth + 1
    if (depth > LIMITS.directoryDepth) throw new FormatError('tree-depth', `Directories lie more than ${LIMITS.directoryDepth} deep.`)
    const entries = this.#repository.readTree(entry.content!)[Symbol.asyncIterator]()
    return { index: undefined, parent, entry, path, included, depth, entries }
  }

  #enter(entry: Entry, parent: OpenDirectory): OpenDirectory {
    const path = this.#pathOf(parent, entry)
    const included = parent.included || this.#isIncluded!(path, true)
    const opened = this.#open(entry, parent, path, included)
    if (included) this.#indexOf(opened)
    return opened
  }

  async #next(directory: OpenDirectory): Promise<Entry | undefined> {
    if (this.#options.signal?.aborted === true) throw cancelled()
    try {
      const next = await directory.entries.next()
      return next.done === true ? undefined : next.value
    } catch (error) {
      if (this.#options.keepGoing !== true || !isDamage(error)) throw error
      const message = `left out, or in part, with all below it: ${error.message}`
      this.#problems.push({ path: Buffer.from(directory.path), kind: 'damaged', message })
      return undefined
    }
  }

  #wants(entry: Entry, directory: OpenDirectory): boolean {
    return directory.included || this.#isIncluded!(this.#pathOf(directory, entry), false)
  }

  /** The number of a directory; it and those above it are added now, if they were not. */
  #indexOf(directory: OpenDirectory): number {
    const missing: OpenDirectory[] = []
    for (let at: OpenDirectory | undefined = directory; at !== undefined && at.index === undefined; at = at.parent) missing.push(at)
    for (const at of missing.reverse()) {
      this.#options.bounds?.addDirectory(recordBytesOf(at.entry))
      at.index = this.#columns.addDirectory(at.parent!.index!, at.entry)
    }
    return directory.index!
  }

  #pathOf(directory: OpenDirectory, entry: Entry): string {
    const name = Buffer.from(entry.name).toString('utf8')
    return directory.path === '' ? name : `${directory.path}/${name}`
  }

  /** The entry that this one is a further name of. Two that differ are no group, whatever the snapshot says. */
  #linkSource(entry: Entry, parentPath: string): number | undefined {
    const group = this.#groups.get(toHex(entry.link!))
    if (group === undefined || group.digest.equals(digestOf(entry))) return group?.entry
    const path = Buffer.concat([Buffer.from(parentPath === '' ? '' : `${parentPath}/`), entry.name])
    this.#problems.push({
      path,
      kind: 'link',
      message: 'restored as an entry of its own: it differs from those that it is said to be one with',
    })
    return undefined
  }
}

/** What all names of one file have in common. The class follows from the name. SPEC §6.7 */
function digestOf(entry: Entry): Buffer {
  const common: Entry = { ...entry, name: Buffer.from('-') }
  Reflect.deleteProperty(common, 'fileClass')
  return sha256(encodeEntry(common))
}

/** About what is recorded of an entry besides its pieces. */
function recordBytesOf({ name, target, xattrs = [] }: Entry): number {
  const inline = xattrs.reduce((sum, xattr) => sum + xattr.name.length + (xattr.value instanceof Uint8Array ? xattr.value.length : 64), 0)
  return 64 + name.length + (target?.length ?? 0) + inline
}
