// Counts the cases of a suite, and those of them that did not end as they must, for bench/RELIABILITY.md.

import type { ReliabilityRow } from '../../bench/reliability.ts'

export class CaseCounter {
  readonly #rows = new Map<string, { cases: number; failures: number }>()

  /** Runs one case and counts it; what it throws is counted as a failure, and thrown. */
  async try<T>(what: string, work: () => T | Promise<T>): Promise<T> {
    const row = this.#row(what)
    row.cases++
    try {
      return await work()
    } catch (error) {
      row.failures++
      throw error
    }
  }

  /** How many cases of a kind there were. */
  countOf(what: string): number {
    return this.#rows.get(what)?.cases ?? 0
  }

  /** A row for each kind of case, in the order in which they came. */
  rows(note?: string): ReliabilityRow[] {
    return [...this.#rows].map(([what, { cases, failures }]) => ({
      what,
      caseCount: cases,
      failureCount: failures,
      ...(note !== undefined && { note }),
    }))
  }

  #row(what: string): { cases: number; failures: number } {
    const known = this.#rows.get(what) ?? { cases: 0, failures: 0 }
    this.#rows.set(what, known)
    return known
  }
}
