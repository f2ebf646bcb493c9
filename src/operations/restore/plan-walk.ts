import { toHex } from '../../../format/bytes.ts'
import { LIMITS } from '../../../format/limits.ts'
import type { Stream, StreamItem } from '../../../format/stream.ts'
import { ENTRY_DIRECTORY, ENTRY_FILE, type Entry, encodeEntry } from '../../../format/tree.ts'
import { CancelledError, FormatError } from '../../errors.ts'
import { sha256 } from '../../repository/crypto/hash.ts'
import type { ChunkIndex } from '../../repository/objects/chunk-index.ts'
import type { Repository } from '../../repository/repository.ts'
import type { RestoreProblem } from '../../targets/problem.ts'
import { isDamage } from './damage.ts'
import type { PlanBounds } from './plan-bounds.ts'
import { PlanColumns } from './plan-columns.ts'
import { type IsIncluded, includesOf } from './selection.ts'
import { StreamMeasurer } from './stream-measure.ts'

export interface WalkOptions {
  readonly include?: readonly string[]
  readonly keepGoing?: boolean
  readonly signal?: AbortSignal
  /** What is planned may not go beyond these. */
  readonly bounds?: PlanBounds
  /** Leave out the pieces of lists that the same file has had already: all counts are right, and nothing can be restored. */
  readonly countsOnly?: boolean
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
  readonly #index: ChunkIndex
  readonly #options: WalkOptions
  readonly #measurer: StreamMeasurer
  readonly #isIncluded: IsIncluded | undefined
  readonly #columns: PlanColumns
  /** First entry of each group of hard links, and what all of the group must be. */
  readonly #groups = new Map<string, { readonly entry: number; readonly digest: Buffer }>()
  readonly #problems: RestoreProblem[] = []
  readonly #counts = { files: 0, others: 0, links: 0, bytes: 0, chunks: 0 }

  constructor(repository: Repository, index: ChunkIndex, options: WalkOptions, root: Entry) {
    this.#repository = repository
    this.#index = index
    this.#options = options
    this.#measurer = new StreamMeasurer(repository)
    this.#isIncluded = includesOf(options.include)
    this.#columns = new PlanColumns(root)
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
      if (entry.type === ENTRY_FILE) this.#countFile(entry)
      return
    }
    if (entry.type === ENTRY_FILE) await this.#addPieces(entry)
    else this.#counts.others++
    const index = this.#columns.addEntry(directory, entry)
    if (entry.link) this.#groups.set(toHex(entry.link), this.#groups.get(toHex(entry.link)) ?? { entry: index, digest: digestOf(entry) })
  }

  /** What was found. */
  result(): Walked {
    return { columns: this.#columns, problems: this.#problems, counts: { ...this.#counts, directories: this.#columns.directoryCount - 1 } }
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

  #assertWanted(): void {
    if (this.#options.signal?.aborted === true) throw new CancelledError('cancelled', 'The plan was cancelled.')
  }

  async #next(directory: OpenDirectory): Promise<Entry | undefined> {
    this.#assertWanted()
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

  async #addPieces(entry: Entry): Promise<void> {
    const content = entry.content!
    this.#countFile(entry)
    // Most files have their items inline, and there are too many of them to wait for each item.
    if (content.depth === 0) this.#addInline(content)
    else await this.#addListed(content)
  }

  #addInline({ items }: Stream): void {
    let at = 0
    for (const item of items) {
      if (item.id !== undefined) this.#options.bounds?.addData(item.length)
      at = this.#addItem(item, at)
    }
  }

  /** Lists may name one another: what they come to is known before they are followed. */
  async #addListed(content: Stream): Promise<void> {
    const { countsOnly = false } = this.#options
    const { chunks, dataBytes } = await this.#measurer.measure(content)
    this.#options.bounds?.addData(dataBytes)
    if (!countsOnly) this.#options.bounds?.assertPieces(chunks)
    const before = this.#counts.chunks
    let at = 0
    for await (const item of this.#repository.streamItems(content, countsOnly ? firstTimes() : undefined)) {
      this.#assertWanted()
      at = this.#addItem(item, at)
    }
    this.#counts.chunks = before + chunks
  }

  #countFile({ content }: Entry): void {
    this.#counts.files++
    this.#counts.bytes += content!.size
  }

  #addItem({ id, length }: StreamItem, at: number): number {
    if (id !== undefined) {
      this.#options.bounds?.addPiece()
      this.#columns.addPiece(at, id, length, this.#index.find(id))
      this.#counts.chunks++
    }
    return at + length
  }
}

/** What all names of one file have in common. */
function digestOf(entry: Entry): Buffer {
  return sha256(encodeEntry({ ...entry, name: Buffer.from('-') }))
}

/** About what is recorded of an entry besides its pieces. */
function recordBytesOf({ name, target, xattrs = [] }: Entry): number {
  const inline = xattrs.reduce((sum, xattr) => sum + xattr.name.length + (xattr.value instanceof Uint8Array ? xattr.value.length : 64), 0)
  return 64 + name.length + (target?.length ?? 0) + inline
}

/** Wants each list once. */
function firstTimes(): (id: Uint8Array) => boolean {
  const seen = new Set<string>()
  return (id) => {
    const known = seen.size
    return seen.add(toHex(id)).size > known
  }
}
