// What a verification finds. A problem says which object is wrong, and which snapshots and paths it harms; most damage harms few.

/** `pack`: damaged or of the wrong size; `segment`: does not open, or announces what is not there; the others are missing or damaged. */
export type VerifyProblemKind =
  | 'journal'
  | 'checkpoint'
  | 'key-slot'
  | 'lease'
  | 'manifest'
  | 'tree'
  | 'chunk'
  | 'pack'
  | 'pack-missing'
  | 'segment'

/** Whether snapshots need what is sound in a pack; `unknown` when not all snapshots and all packs could be read. */
export type Needed = 'yes' | 'no' | 'unknown'

/** Paths listed with one problem. */
export const LISTED_PATHS = 1000

/** Distinct chunks that are nowhere, each named as a problem; further ones count for the last. */
export const LISTED_CHUNKS = 1000

export interface VerifyProblem {
  readonly kind: VerifyProblemKind
  /** Store key of what is wrong; for a chunk or tree its id, in hexadecimal. */
  readonly object: string
  readonly message: string
  /** Of packs alone. One that snapshots need must not be deleted, even when what is damaged in it harms nothing. */
  readonly needed?: Needed
  /** Ids of the snapshots that it harms, in hexadecimal. */
  readonly snapshots: readonly string[]
  /** Paths that it harms in these snapshots, at most 1,000; a directory stands for all below it. */
  readonly paths: readonly Uint8Array[]
  /** How many paths it harms, counted in each snapshot; 2^53 − 1 when there are as many or more. */
  readonly pathCount: number
  /** Whether it may harm paths that are not listed. */
  readonly pathsCut: boolean
}

/** A problem whose harm is being collected. */
export interface OpenProblem extends Omit<VerifyProblem, 'pathsCut' | 'needed'> {
  readonly snapshots: string[]
  readonly paths: Uint8Array[]
  needed?: Needed
  pathCount: number
}

/** How many paths of one snapshot a problem harms. */
interface SnapshotPaths {
  current: number
  most: number
}

/** Collects problems, each object and kind once. */
export class ProblemList {
  readonly #problems = new Map<string, OpenProblem>()
  readonly #listed = new Map<OpenProblem, Set<string>>()

  readonly #ofSnapshot = new Map<OpenProblem, SnapshotPaths>()
  readonly #counts = new Map<VerifyProblemKind, number>()
  readonly #remarks: VerifyProblem[] = []

  /** All problems, once their harm is known. */
  get all(): readonly VerifyProblem[] {
    return [...this.#problems.values()].map((problem) => ({ ...problem, pathsCut: this.#isCut(problem) }))
  }

  /**
   * What is a problem, and what only a remark: what is known to be lost and was accepted, and a lost pack that harms nothing, since what
   * it held is stored elsewhere. Only where all else is in order is that known: a tree that cannot be read hides what lies below.
   */
  get judged(): { readonly problems: readonly VerifyProblem[]; readonly remarks: readonly VerifyProblem[] } {
    const isHarmless = this.all.every(({ kind, pathCount }) => kind === 'pack-missing' && pathCount === 0)
    return isHarmless ? { problems: [], remarks: [...this.#remarks, ...this.all] } : { problems: this.all, remarks: this.#remarks }
  }

  find(kind: VerifyProblemKind, object: string): OpenProblem | undefined {
    return this.#problems.get(`${kind} ${object}`)
  }

  countOf(kind: VerifyProblemKind): number {
    return this.#counts.get(kind) ?? 0
  }

  /** The problem of an object; the first message stays. */
  add(kind: VerifyProblemKind, object: string, message: string): OpenProblem {
    const known = this.find(kind, object)
    if (known !== undefined) return known
    const problem: OpenProblem = { kind, object, message, snapshots: [], paths: [], pathCount: 0 }
    if (kind === 'pack' || kind === 'pack-missing') problem.needed = 'unknown'
    this.#problems.set(`${kind} ${object}`, problem)
    this.#counts.set(kind, this.countOf(kind) + 1)
    return problem
  }

  /** Notes what is told and is no problem. */
  remark(kind: VerifyProblemKind, object: string, message: string): void {
    this.#remarks.push({ kind, object, message, snapshots: [], paths: [], pathCount: 0, pathsCut: false })
  }

  /**
   * Says which packs snapshots need: for something sound in them, or for what could not be read and may be readable again (a cable, a
   * copy that is under way). Of the others only what `isAllRead` allows to say.
   */
  judgeNeeded(needed: ReadonlySet<OpenProblem>, isAllRead: boolean): void {
    for (const problem of this.#problems.values()) {
      if (problem.needed === undefined) continue
      if (needed.has(problem) || problem.snapshots.length > 0) problem.needed = 'yes'
      else if (isAllRead) problem.needed = 'no'
    }
  }

  /** Notes that a problem harms so many paths of a snapshot. */
  harm(problem: OpenProblem, snapshot: string, pathCount: number): void {
    const known = this.#ofSnapshot.get(problem) ?? { current: 0, most: 0 }
    this.#ofSnapshot.set(problem, known)
    if (problem.snapshots.at(-1) !== snapshot) {
      problem.snapshots.push(snapshot)
      known.current = 0
    }
    problem.pathCount = Math.min(problem.pathCount + pathCount, Number.MAX_SAFE_INTEGER)
    known.current += pathCount
    known.most = Math.max(known.most, known.current)
  }

  #isCut(problem: OpenProblem): boolean {
    const { most = 0 } = this.#ofSnapshot.get(problem) ?? {}
    return most > problem.paths.length || (!this.hasRoom(problem) && problem.pathCount > LISTED_PATHS)
  }

  /** Whether a problem's list takes further paths. */
  hasRoom({ paths }: OpenProblem): boolean {
    return paths.length < LISTED_PATHS
  }

  /** Lists a path that a problem harms, once. */
  list(problem: OpenProblem, path: Uint8Array): void {
    if (!this.hasRoom(problem)) return
    const listed = this.#listed.get(problem) ?? new Set<string>()
    this.#listed.set(problem, listed)
    const name = Buffer.from(path).toString('latin1')
    if (listed.has(name)) return
    listed.add(name)
    problem.paths.push(path)
  }
}
