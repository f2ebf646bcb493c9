/** What came of the cases of one kind. */
export interface CountedCases {
  /** What was tried, as a reader would say it: "flip one bit in a pack". */
  readonly what: string
  readonly caseCount: number
  /** Cases that did not end as they must, or did not end. */
  readonly failureCount: number
  readonly note: string
}

/** Counts the cases of a suite as they begin and as they pass: whatever did not pass has failed, also what nobody thought of counting. */
export class CaseCounter {
  readonly #counts = new Map<string, { begun: number; passed: number; note: string }>()

  /** Runs one case. @throws what the case throws */
  async try<T>(what: string, work: () => T | Promise<T>): Promise<T> {
    const counts = this.#of(what)
    counts.begun++
    const result = await work()
    counts.passed++
    return result
  }

  /** Counts a case that begins; call what comes back when it has passed. */
  begin(what: string): () => void {
    const counts = this.#of(what)
    counts.begun++
    return () => void counts.passed++
  }

  /** Says something about the cases of a kind. */
  remark(what: string, note: string): void {
    this.#of(what).note = note
  }

  /** How many cases passed. */
  passedCount(): number {
    return [...this.#counts.values()].reduce((sum, { passed }) => sum + passed, 0)
  }

  /** Each kind of case, in the order in which they came. */
  all(): CountedCases[] {
    return [...this.#counts].map(([what, { begun, passed, note }]) => ({ what, caseCount: begun, failureCount: begun - passed, note }))
  }

  #of(what: string): { begun: number; passed: number; note: string } {
    const counts = this.#counts.get(what) ?? { begun: 0, passed: 0, note: '' }
    this.#counts.set(what, counts)
    return counts
  }
}
