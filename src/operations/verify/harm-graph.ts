// The harmed directories of all snapshots, each distinct one once, however many paths lead to it: a few trees that name one another
// can make more paths than anybody could list. Paths are counted from the roots down, and listed from the harm up, up to a limit.

import type { LostSet } from './lost-sets.ts'
import { LISTED_PATHS, type OpenProblem, type ProblemList } from './problems.ts'

/** Longer paths are counted, and not listed: nobody could use them. */
const LISTED_PATH_BYTES = 32 << 10

/** What of a directory's entries, or of the directory itself (without a name), a set of problems harms. */
export interface OwnHarm {
  count: number
  /** Some of their names. */
  readonly names: (Uint8Array | undefined)[]
}

export interface HarmedDirectory {
  readonly own: ReadonlyMap<LostSet, OwnHarm>
  readonly children: readonly Edge[]
}

/** A directory of the graph by its number, under a name. */
export interface Edge {
  readonly node: number
  readonly name: Uint8Array
}

export class HarmGraph {
  readonly #own: ReadonlyMap<LostSet, OwnHarm>[] = []
  readonly #parents: Edge[][] = []

  /** Adds a directory whose children are there already; its number. */
  add({ own, children }: HarmedDirectory): number {
    const node = this.#own.push(own) - 1
    this.#parents.push([])
    for (const { node: child, name } of children) this.#parents[child]!.push({ node, name })
    return node
  }

  /** Tells the problems what they harm in a snapshot, whose root was added last. */
  tell(snapshot: string, problems: ProblemList): void {
    const pathCounts = this.#pathCounts()
    const tried = new Map<LostSet, number>()
    for (const [node, count] of pathCounts.entries()) {
      if (count === 0) continue
      for (const [set, own] of this.#own[node]!) {
        for (const problem of set) problems.harm(problem, snapshot, count * own.count)
        tried.set(set, this.#list(node, set, own, { pathCounts, problems, tried: tried.get(set) ?? 0 }))
      }
    }
  }

  /** How many paths of the last root lead to each directory. A parent's number is above its children's. */
  #pathCounts(): Float64Array {
    const counts = new Float64Array(this.#own.length)
    counts[counts.length - 1] = 1
    for (let node = counts.length - 2; node >= 0; node--) for (const parent of this.#parents[node]!) counts[node]! += counts[parent.node]!
    return counts
  }

  #list(
    node: number,
    set: LostSet,
    own: OwnHarm,
    { pathCounts, problems, tried }: { readonly pathCounts: Float64Array; readonly problems: ProblemList; readonly tried: number },
  ): number {
    let count = tried
    const wanting: readonly OpenProblem[] = set.filter((problem) => problems.hasRoom(problem))
    if (wanting.length === 0) return count
    for (const name of own.names) {
      for (const names of this.#namesTo(node, pathCounts)) {
        if (++count > LISTED_PATHS) return count
        const path = names && pathOf(name === undefined ? names : [...names, name])
        if (path !== undefined) for (const problem of wanting) problems.list(problem, path)
      }
    }
    return count
  }

  /** The names on each path that leads to a directory; undefined for one that is too long. Every step up leads to the root. */
  *#namesTo(node: number, pathCounts: Float64Array): Generator<Uint8Array[] | undefined> {
    const steps: { readonly parents: readonly Edge[]; next: number; readonly bytes: number }[] = []
    const names: Uint8Array[] = []
    const enter = (at: number, bytes: number): void => {
      steps.push({ parents: this.#parents[at]!.filter((parent) => pathCounts[parent.node]! > 0), next: 0, bytes })
    }
    enter(node, 0)
    for (let step = steps.at(-1); step !== undefined; step = steps.at(-1)) {
      const isTooLong = step.bytes > LISTED_PATH_BYTES
      if (step.parents.length === 0 || isTooLong) yield isTooLong ? undefined : names.toReversed()
      const parent = isTooLong ? undefined : step.parents[step.next++]
      if (parent === undefined) {
        steps.pop()
        names.pop()
      } else {
        names.push(parent.name)
        enter(parent.node, step.bytes + parent.name.length + 1)
      }
    }
  }
}

/** The root has no name. */
function pathOf(names: readonly Uint8Array[]): Buffer {
  const named = names.filter(({ length }) => length > 0)
  return Buffer.concat(named.flatMap((name, i) => (i === 0 ? [name] : [SLASH, name])))
}

const SLASH = Buffer.from('/')
