// Which snapshots and paths a verification's problems harm. Walks the trees again, each distinct one once, and notes which of them are
// harmed (harm-graph.ts); only run when something is wrong.

import { compareBytes, toHex } from '../../../format/bytes.ts'
import { CHUNK_TREE } from '../../../format/pack.ts'
import { encodeStream, type Stream } from '../../../format/stream.ts'
import { decodeEntries, ENTRY_DIRECTORY, type Entry } from '../../../format/tree.ts'
import { CancelledError } from '../../errors.ts'
import { sha256 } from '../../repository/crypto/hash.ts'
import type { Repository } from '../../repository/repository.ts'
import type { ChunkPlaces } from './chunk-places.ts'
import { type Edge, HarmGraph, type OwnHarm } from './harm-graph.ts'
import { LostChunks } from './lost-chunks.ts'
import type { LostSet } from './lost-sets.ts'
import { LISTED_PATHS, type OpenProblem, type ProblemList } from './problems.ts'
import { streamsOf } from './tree-check.ts'

interface OpenDirectory {
  /** What tells its content from others'. */
  readonly content: string
  readonly name: Uint8Array
  readonly entries: AsyncIterator<Entry>
  readonly own: Map<LostSet, OwnHarm>
  readonly children: Edge[]
}

const SOUND = -1
const NO_NAME = Buffer.alloc(0)

export class HarmWalk {
  readonly #lost: LostChunks
  readonly #problems: ProblemList
  readonly #signal: AbortSignal | undefined
  readonly #graph = new HarmGraph()
  /** Directories that were walked, by content, with their number in the graph. */
  readonly #walked = new Map<string, number>()
  /** How many names are kept of what a set harms. */
  readonly #kept = new Map<LostSet, number>()

  constructor(repository: Repository, places: ChunkPlaces, problems: ProblemList, signal: AbortSignal | undefined) {
    this.#lost = new LostChunks(repository, places, problems)
    this.#problems = problems
    this.#signal = signal
  }

  /** Whether a tree could not be read, so that snapshots may need more than was seen. */
  get isBlind(): boolean {
    return this.#lost.isBlind
  }

  /** Notes what is harmed in one snapshot. @throws {StoreError}; {CancelledError} */
  async walk(snapshot: string, root: Entry): Promise<void> {
    const top = open('', NO_NAME, only({ ...root, name: NO_NAME }))
    const stack = [top]
    for (let directory = stack.at(-1); directory !== undefined; directory = stack.at(-1)) {
      if (this.#signal?.aborted === true) throw new CancelledError('cancelled', 'The verification was cancelled.')
      const { done, value: entry } = await directory.entries.next()
      if (done !== true) await this.#visit(entry, directory, stack)
      else this.#leave(stack)
    }
    if (top.own.size + top.children.length === 0) return
    this.#graph.add(top)
    this.#graph.tell(snapshot, this.#problems)
  }

  async #visit(entry: Entry, directory: OpenDirectory, stack: OpenDirectory[]): Promise<void> {
    const lost = new Set<OpenProblem>()
    for (const { stream, kind } of streamsOf(entry))
      if (kind !== CHUNK_TREE) for (const problem of await this.#lost.in(stream, kind)) lost.add(problem)
    this.#harm(directory, entry.name, lost)
    if (entry.type !== ENTRY_DIRECTORY) return
    const content = sha256(encodeStream(entry.content!)).toString('latin1')
    const known = this.#walked.get(content)
    if (known === undefined) stack.push(this.#open(content, entry))
    else if (known !== SOUND) directory.children.push({ node: known, name: entry.name })
  }

  #open(content: string, entry: Entry): OpenDirectory {
    const directory: OpenDirectory = open(
      content,
      entry.name,
      this.#entries(entry.content!, (lost) => this.#harm(directory, undefined, new Set(lost))),
    )
    return directory
  }

  /** Notes what came of the directory on top of the stack, if it is not the one that only holds the root. */
  #leave(stack: OpenDirectory[]): void {
    const directory = stack.pop()!
    const above = stack.at(-1)
    if (above === undefined) return
    const isSound = directory.own.size + directory.children.length === 0
    const node = isSound ? SOUND : this.#graph.add(directory)
    this.#walked.set(directory.content, node)
    if (!isSound) above.children.push({ node, name: directory.name })
  }

  #harm(directory: OpenDirectory, name: Uint8Array | undefined, problems: ReadonlySet<OpenProblem>): void {
    if (problems.size === 0) return
    const set = this.#lost.sets.of(problems)
    const own = directory.own.get(set) ?? { count: 0, names: [] }
    directory.own.set(set, own)
    own.count++
    const kept = this.#kept.get(set) ?? 0
    if (kept >= LISTED_PATHS) return
    own.names.push(name && Buffer.from(name))
    this.#kept.set(set, kept + 1)
  }

  /** The entries that can be read; what cannot is told. */
  async *#entries(stream: Stream, onLost: (lost: readonly OpenProblem[]) => void): AsyncGenerator<Entry> {
    let last: Uint8Array | undefined
    const seen = new Set<string>()
    for await (const item of this.#lost.treeItems(stream)) {
      if ('lost' in item) {
        onLost(item.lost)
        continue
      }
      const id = toHex(item.id!)
      // Names ascend, so nothing can stand in a directory twice: and lists may say so without end.
      if (seen.has(id)) return onLost([this.#lost.bad(item.id!, NOT_IN_ORDER)])
      seen.add(id)
      const read = item.isList ? { value: [] } : await this.#lost.read(CHUNK_TREE, item.id!, item.length, decodeEntries)
      if ('lost' in read) onLost(read.lost)
      else if (read.value.length > 0) {
        if (last !== undefined && compareBytes(last, read.value[0]!.name) >= 0) onLost([this.#lost.bad(item.id!, NOT_IN_ORDER)])
        last = read.value.at(-1)!.name
        yield* read.value
      }
    }
  }
}

const NOT_IN_ORDER = 'The entries of a directory are not in order.'

function open(content: string, name: Uint8Array, entries: AsyncGenerator<Entry>): OpenDirectory {
  return { content, name, entries, own: new Map(), children: [] }
}

async function* only(entry: Entry): AsyncGenerator<Entry> {
  yield entry
}
