import type { OpenProblem } from './problems.ts'

/** The problems that harm one path or list; equal ones are one object. */
export type LostSet = readonly OpenProblem[]

export const NOTHING_LOST: LostSet = []

/** Problems in all sets together; who combines them without end is told of one of each. */
const MOST_MEMBERS = 1 << 20

/** Keeps each distinct set of problems once, since one problem mostly harms many paths alike. */
export class LostSets {
  readonly #sets = new Map<string, LostSet>()
  readonly #numbers = new Map<OpenProblem, number>()
  #members = 0

  /** The set of these problems; of the first one alone when there are too many sets. */
  of(problems: ReadonlySet<OpenProblem>): LostSet {
    if (problems.size === 0) return NOTHING_LOST
    const name = [...problems]
      .map((problem) => this.#numberOf(problem))
      .sort((a, b) => a - b)
      .join()
    const known = this.#sets.get(name)
    if (known !== undefined) return known
    if (problems.size > 1 && this.#members + problems.size > MOST_MEMBERS) return this.of(new Set([...problems].slice(0, 1)))
    const set = [...problems]
    this.#members += set.length
    this.#sets.set(name, set)
    return set
  }

  #numberOf(problem: OpenProblem): number {
    const number = this.#numbers.get(problem) ?? this.#numbers.size
    this.#numbers.set(problem, number)
    return number
  }
}
